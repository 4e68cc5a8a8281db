import { fromEvent, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { frameBytes } from '../audio/pcm.ts';
import type { TranscribeOptions } from '../streaming/options.ts';
import { transcribe } from '../streaming/transcribe.ts';
import { interruption } from './interruption.ts';
import type { OutputFlags } from './outputFlags.ts';
import { notices } from './notice.ts';
import { printJson, printText } from './print.ts';
import type { ServiceFlags } from './serviceFlags.ts';
import { openView } from './terminal.ts';
import { transcribeOptions } from './transcribeOptions.ts';
import { checked } from './usage.ts';

/** Length of what is sent at once, in milliseconds. */
const FRAME_MS = 100;

/** What a source of audio is given. */
export interface SourceContext {
  /** Aborts when it is time to stop. */
  readonly stop: AbortSignal;
  /** Tells the user something, in one line. */
  readonly note: (text: string) => void;
}

/** Makes the source of audio; called once, before anything is opened. */
export type MakeSource = (context: SourceContext) => Observable<Uint8Array>;

/**
 * Transcribes a source and prints what is said, until the source ends, Ctrl-C stops it, or nobody reads the output any more.
 *
 * @param flags What the user asked for.
 * @param makeSource Makes the source; an option it refuses is wrong usage.
 * @param extra Options of `transcribe()` that the command decides, unless `--param` does.
 */
export async function run(
  flags: OutputFlags & ServiceFlags,
  makeSource: MakeSource,
  extra: Partial<TranscribeOptions> = {},
): Promise<void> {
  const view = openView();
  const note = (text: string): void => view.note(`rxscribe: ${text}`);
  const { stop, release } = interruption(
    () => note('stopping; Ctrl-C again quits at once'),
    () => view.end(),
  );
  try {
    const event$ = checked(() => {
      const options = { ...extra, ...transcribeOptions(flags) };
      const frames = bufferBytes(frameBytes(FRAME_MS, options));
      return makeSource({ stop, note }).pipe(frames, transcribe(options));
    });
    const print = flags.format === 'ndjson' ? printJson(view) : printText(view);
    const notice = notices();
    await event$.pipe(takeUntil(outputClosed())).forEach((event) => {
      print(event);
      const text = notice(event);
      if (text !== undefined) note(text);
    });
  } finally {
    release();
    view.end();
  }
}

/** Emits when stdout takes no more: whoever read it has left, or a disk is full (which is told by `main`). */
function outputClosed(): Observable<unknown> {
  return fromEvent(process.stdout, 'error');
}

import { fromEvent, identity, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { frameBytes } from '../audio/pcm.ts';
import type { TranscribeOptions } from '../streaming/options.ts';
import { transcribe } from '../streaming/transcribe.ts';
import { openPage } from './outputs/captionsPage.ts';
import type { Page } from './outputs/captionsPage.ts';
import { checkCaptions } from './flags/captionsFlags.ts';
import { openDesk } from './runContext.ts';
import { keeping } from './outputs/outputFiles.ts';
import type { OutputFlags } from './flags/outputFlags.ts';
import { printJson, printText } from './outputs/print.ts';
import type { ServiceFlags } from './flags/serviceFlags.ts';
import { transcribeOptions } from './flags/transcribeOptions.ts';
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

/** What a command knows of its source. */
export interface Plan {
  /** Where the audio comes from. A microphone can be muted. */
  readonly kind: 'microphone' | 'recording' | 'stdin';
  /** How long a recording is, in milliseconds; resolves to `undefined` where that is not cheap to know. */
  readonly length?: Promise<number | undefined>;
  /** Options of `transcribe()` that the command decides, unless `--param` does. */
  readonly options?: Partial<TranscribeOptions>;
}

/**
 * Transcribes a source, prints what is said and keeps what is to be kept, until the source ends, Ctrl-C stops it, or nobody
 * reads the output any more. A page of what is not live stays until Ctrl-C, for whoever opens it late.
 *
 * @param flags What the user asked for.
 * @param makeSource Makes the source; an option it refuses is wrong usage.
 */
export async function run(flags: OutputFlags & ServiceFlags, makeSource: MakeSource, plan: Plan): Promise<void> {
  checkCaptions(flags);
  const desk = openDesk(flags, plan);
  let page: Page | undefined;
  try {
    const event$ = checked(() => {
      const options = { control: desk.control$, ...plan.options, ...transcribeOptions(flags) };
      const source$ = makeSource(desk).pipe(desk.follow);
      const frames = bufferBytes(frameBytes(FRAME_MS, options));
      const { audio, events } = keeping(flags, options, desk);
      return source$.pipe(audio, frames, transcribe(options), events);
    });
    page = await openPage(flags, desk.note);
    const print = flags.format === 'ndjson' ? printJson(desk.view) : printText(desk.view);
    await event$.pipe(page?.events ?? identity, takeUntil(outputClosed())).forEach((event) => {
      desk.told(event);
      print(event);
      desk.explain(event);
      if (event.type === 'AudioGap' && event.reason === 'end-timeout') process.exitCode = 1;
    });
    if (plan.kind !== 'microphone' && !desk.stop.aborted && !process.stdout.errored) await page?.stay(desk.close);
  } finally {
    desk.close();
    await page?.close();
  }
}

/** Emits when stdout takes no more: whoever read it has left, or a disk is full (which is told by `main`). */
function outputClosed(): Observable<unknown> {
  return fromEvent(process.stdout, 'error');
}

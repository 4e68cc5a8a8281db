import { Subject, tap } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { ControlMessage, TranscriptionEvent } from '../../operators/events.ts';
import type { Mark } from '../captions/chapterMark.ts';
import { interruption } from './signals.ts';
import { listenToKeys } from './terminal/keys.ts';
import { mute } from './mute.ts';
import { notices } from './terminal/notices.ts';
import type { OutputFlags } from './flags/outputFlags.ts';
import type { Plan, SourceContext } from './run.ts';
import type { ServiceFlags } from './flags/serviceFlags.ts';
import { Status, time } from './terminal/status.ts';
import { openView } from './terminal/openView.ts';
import type { View } from './terminal/openView.ts';

/** What stands between a person and a running transcription: what is shown, and what is asked for. */
export interface Desk extends SourceContext {
  readonly view: View;
  /** What the keys ask of the session. */
  readonly control$: Observable<ControlMessage>;
  /** The moments that were marked, in milliseconds on the audio clock. */
  readonly marks: readonly number[];
  /** The same as they are marked. */
  readonly mark$: Observable<Mark>;
  /** Follows the audio, and mutes it. */
  readonly follow: MonoTypeOperatorFunction<Uint8Array>;
  /** Takes note of an event. */
  readonly told: (event: TranscriptionEvent) => void;
  /** Tells what a person should know of an event. */
  readonly explain: (event: TranscriptionEvent) => void;
  /** Leaves the terminal as it was found. */
  readonly close: () => void;
}

/** What the keys do, for the status; in order of importance. */
const KEYS = ['space pauses', 'q ends', 'enter ends the turn', 'm marks'];
const KEYS_OF_RECORDING = ['q ends', 'm marks'];

/** Opens the view, listens for Ctrl-C, and for keys where the view is live and stdin is a terminal. */
export function openDesk(flags: OutputFlags & ServiceFlags, plan: Plan): Desk {
  const { sampleRate } = flags;
  const microphone = plan.kind === 'microphone';
  const hasKeys = plan.kind !== 'stdin' && process.stdin.isTTY;
  const keys = microphone ? KEYS : KEYS_OF_RECORDING;
  const status = new Status({ sampleRate, microphone, keys: hasKeys ? keys : [] });
  const view = openView(flags.plain, (columns) => status.line(columns));
  const note = (text: string): void => view.note(`rxscribe: ${text}`);
  const { stop, end, release } = interruption(
    () => {
      status.ending = true;
      note('stopping; Ctrl-C again quits at once');
    },
    () => view.end(),
  );
  const control$ = new Subject<ControlMessage>();
  const marks: number[] = [];
  const mark$ = new Subject<Mark>();
  const endTurn = (): void => control$.next({ type: 'ForceEndpoint' });
  const mark = (): void => {
    const atMs = Math.round(status.elapsedMs);
    marks.push(atMs);
    mark$.next({ atMs });
    note(`marked ${time(atMs)}`);
  };
  const { pause, follow } = pausing(status, sampleRate, endTurn);
  const actions = { return: endTurn, enter: endTurn, m: mark, q: end, ...(microphone && { space: pause }) };
  const silent = (): void => undefined;
  const closeKeys = view.live && hasKeys ? listenToKeys(actions, () => view.clear()) : silent;
  if (view.live) void plan.length?.then((ms) => (status.lengthMs = ms));
  const notice = notices();
  return {
    view,
    stop,
    note,
    control$: control$.asObservable(),
    marks,
    mark$: mark$.asObservable(),
    follow: (source) => (microphone ? source.pipe(follow) : source).pipe(tap((chunk) => status.heard(chunk))),
    told: (event) => status.told(event),
    explain: (event) => {
      const text = notice(event);
      if (text !== undefined) note(text);
    },
    close: () => {
      release();
      closeKeys();
      view.end();
    },
  };
}

/** Mutes a microphone at a key, and ends the open turn, since what follows comes much later. */
function pausing(
  status: Status,
  sampleRate: number,
  endTurn: () => void,
): { readonly pause: () => void; readonly follow: MonoTypeOperatorFunction<Uint8Array> } {
  let mutedUntil = -Infinity;
  return {
    pause: () => {
      status.paused = !status.paused;
      mutedUntil = status.paused ? Infinity : performance.now();
      if (status.paused) endTurn();
    },
    follow: mute(sampleRate, () => mutedUntil),
  };
}

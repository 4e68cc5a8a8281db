import { Subject, tap } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { ControlMessage, TranscriptionEvent } from '../../operators/events.ts';
import type { Mark } from '../captions/chapterMark.ts';
import type { OutputFlags } from './flags/outputFlags.ts';
import { mute } from './mute.ts';
import type { RunOptions } from './recognition.ts';
import { hideSecrets } from './secrets.ts';
import { handleSignals } from './signals.ts';
import { silenceHint } from './silenceHint.ts';
import type { SourceContext, SourcePlan } from './sourcePlan.ts';
import { formatTime } from './terminal/formatTime.ts';
import { listenToKeys } from './terminal/keys.ts';
import { eventNotices } from './terminal/notices.ts';
import { openView } from './terminal/openView.ts';
import { printable } from './terminal/printable.ts';
import { Status } from './terminal/status.ts';
import type { View } from './terminal/view.ts';

/** The terminal side of a running transcription: what is shown, and what keys and signals request. */
export interface RunContext extends SourceContext {
  readonly view: View;
  /** Control messages that keys send. */
  readonly control$: Observable<ControlMessage>;
  /** The marked positions so far, in milliseconds on the audio clock. */
  readonly marks: readonly number[];
  /** Emits each mark as it is set. */
  readonly mark$: Observable<Mark>;
  /** Emits whether the microphone is paused, at each change. */
  readonly paused$: Observable<boolean>;
  /** Measures the audio for the status line, and mutes a paused microphone. */
  readonly watchAudio: MonoTypeOperatorFunction<Uint8Array>;
  /** The length of the audio so far, in milliseconds. */
  readonly elapsedMs: () => number;
  /** Sets where the audio of this process starts, in milliseconds on the audio clock. */
  readonly startAt: (ms: number) => void;
  readonly updateStatus: (event: TranscriptionEvent) => void;
  /** Prints a line about an event that concerns the user. */
  readonly report: (event: TranscriptionEvent) => void;
  /** Restores the terminal. */
  readonly close: () => void;
}

/** The default of the option `maxOutage`, in milliseconds. */
const MAX_OUTAGE_MS = 300_000;

/** The keys shown in the status line, the most important first. */
const KEYS = ['space pauses', 'q ends', 'enter ends the turn', 'm marks'];
const KEYS_WHILE_PAUSED = ['space resumes', 'q ends', 'm marks'];
const KEYS_OF_RECORDING = ['q ends', 'm marks'];

/** Opens the view and handles signals; reads keys if the view is live and stdin is a terminal. */
export function openRunContext(flags: OutputFlags, options: RunOptions, plan: SourcePlan): RunContext {
  const sampleRate = options.sampleRate * (plan.channels?.length ?? 1);
  const microphone = plan.kind === 'microphone';
  const hasKeys = plan.kind !== 'stdin' && process.stdin.isTTY;
  const keys = microphone ? KEYS : KEYS_OF_RECORDING;
  const status = new Status({
    sampleRate,
    microphone,
    keys: hasKeys ? keys : [],
    keysWhilePaused: hasKeys ? KEYS_WHILE_PAUSED : [],
    maxOutage: options.maxOutage ?? MAX_OUTAGE_MS,
  });
  const view = openView(flags.plain, (columns) => status.line(columns));
  const note = (text: string): void => view.note(printable(hideSecrets(`rxscribe: ${text}`)));
  const { stop, end, release } = handleSignals(
    () => {
      status.ending = true;
      note('stopping; press Ctrl-C again to quit immediately');
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
    note(`marked ${formatTime(atMs)}`);
  };
  const { togglePause, paused$, muteWhilePaused } = pausing(status, sampleRate, endTurn);
  const actions = { return: endTurn, enter: endTurn, m: mark, q: end, ...(microphone && { space: togglePause }) };
  const noKeys = (): void => undefined;
  const closeKeys = view.live && hasKeys ? listenToKeys(actions, () => view.clear()) : noKeys;
  if (view.live) void plan.length?.then((ms) => (status.lengthMs = ms));
  const onSilence = (): void =>
    note('no sound for 30 s; check that the microphone is on and the right one (rxscribe devices lists them)');
  const noticeOf = eventNotices(view.live);
  return {
    view,
    stop,
    note,
    control$: control$.asObservable(),
    marks,
    paused$,
    mark$: mark$.asObservable(),
    watchAudio: (source) =>
      (microphone ? source.pipe(silenceHint(sampleRate, onSilence), muteWhilePaused) : source).pipe(
        tap((chunk) => status.addAudio(chunk)),
      ),
    elapsedMs: () => status.elapsedMs,
    startAt: (ms) => (status.startMs = ms),
    updateStatus: (event) => status.update(event),
    report: (event) => {
      const text = noticeOf(event);
      if (text !== undefined) note(text);
    },
    close: () => {
      release();
      closeKeys();
      view.end();
    },
  };
}

/** Mutes a microphone at a key. Pausing also ends the open turn, because the next audio comes much later. */
function pausing(
  status: Status,
  sampleRate: number,
  endTurn: () => void,
): {
  readonly togglePause: () => void;
  readonly paused$: Observable<boolean>;
  readonly muteWhilePaused: MonoTypeOperatorFunction<Uint8Array>;
} {
  let mutedUntil = -Infinity;
  const paused$ = new Subject<boolean>();
  return {
    paused$,
    togglePause: () => {
      status.paused = !status.paused;
      paused$.next(status.paused);
      mutedUntil = status.paused ? Infinity : performance.now();
      if (status.paused) endTurn();
    },
    muteWhilePaused: mute(sampleRate, () => mutedUntil),
  };
}

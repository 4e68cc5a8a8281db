import { scan } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { ControlMessage, TranscriptionEvent, UpdateConfiguration } from './events.ts';

/** A stretch of audio that was never transcribed, in milliseconds on the audio clock. */
interface Gap {
  readonly startMs: number;
  readonly endMs: number;
}

/** Positions this close are the same, in milliseconds: sums of fractions differ by less, samples at 96 kHz by more. */
const SAME_MS = 0.005;

/**
 * Where another process continues a transcription, and the totals up to there. It is plain JSON. Durations and positions
 * are in milliseconds on the audio clock.
 */
export interface Checkpoint {
  /** Audio must be sent again from here: the source given to `transcribe({ from })` starts exactly here. */
  readonly positionMs: number;
  /** The `turn_order` of the next final. */
  readonly turnOrder: number;
  /** The number of the next session. */
  readonly session: number;
  /** Audio sent, repetitions included. After a crash a lower bound: audio sent since the last `Stats` is not counted. */
  readonly sentMs: number;
  /** Audio sent again, with the same limit. */
  readonly replayedMs: number;
  /** Audio in gaps before `positionMs`. */
  readonly gapMs: number;
  /** Audio that was skipped as silence before `positionMs`. */
  readonly skippedMs: number;
  /** How long sessions were open, in milliseconds, with the same limit. */
  readonly openMs: number;
  /** How many times a connection was lost, or could not be made, and was tried again. */
  readonly reconnects: number;
  /** Gaps that lie after `positionMs`, in order. The source ends where the first one starts; the next one starts at its end. */
  readonly gaps: readonly Gap[];
  /** The settings changed by every `UpdateConfiguration` before `positionMs`, merged. */
  readonly configuration?: UpdateConfiguration;
  /** Control messages at or after `positionMs`: they have to be sent again, each at its place. */
  readonly controls: readonly { readonly atMs: number; readonly message: ControlMessage }[];
  /** Set while there is no speech, with the option `suspendAfter`: the next process opens nothing before there is some. */
  readonly suspended?: true;
  /** Set while the closing events of a failed transcription are read: they do not count when it is continued. */
  readonly failed?: true;
}

/** The checkpoint of a transcription that has not started. */
export const START: Checkpoint = {
  positionMs: 0,
  turnOrder: 0,
  session: 0,
  sentMs: 0,
  replayedMs: 0,
  gapMs: 0,
  skippedMs: 0,
  openMs: 0,
  reconnects: 0,
  gaps: [],
  controls: [],
};

/**
 * Updates a checkpoint with one event. The log of events is all that has to be stored: `events.reduce(advance, START)`.
 *
 * The gaps and totals with which a failed transcription ends are skipped: their audio may still be transcribed.
 */
export function advance(checkpoint: Checkpoint, event: TranscriptionEvent): Checkpoint {
  const { failed, ...rest } = checkpoint;
  const at = { ...rest, session: Math.max(rest.session, begunSessions(event)) };
  switch (event.type) {
    case 'Turn':
      if (!event.isFinal) return at;
      return moveTo({ ...at, turnOrder: Math.max(at.turnOrder, event.turn_order + 1) }, endOf(event.words));
    case 'Stats': {
      if (failed) return at;
      // logs of earlier builds lack skippedMs and openMs
      const { sentMs, replayedMs, reconnects, gapMs, transcribedMs, skippedMs, openMs } = { ...START, ...event };
      const to = transcribedMs + gapMs + skippedMs;
      return moveTo({ ...at, sentMs, replayedMs, reconnects, skippedMs, openMs }, to);
    }
    case 'Suspended':
      return { ...at, suspended: true };
    case 'Resumed': {
      const { suspended, ...open } = at;
      return open;
    }
    case 'AudioGap': {
      const { startMs, endMs, reason } = event;
      if (reason === 'error' || reason === 'end-timeout') return { ...at, failed: true };
      const gaps = [...at.gaps, { startMs, endMs }].toSorted((a, b) => a.startMs - b.startMs);
      return moveTo({ ...at, gaps }, at.positionMs);
    }
    case 'ControlReceived': {
      const { atMs, message } = event;
      if (message.type === 'KeepAlive') return at; // it concerns only the session it was sent to
      return moveTo({ ...at, controls: [...at.controls, { atMs, message }] }, at.positionMs);
    }
    default:
      return at.session === checkpoint.session && !failed ? checkpoint : at;
  }
}

/**
 * Emits the checkpoint after each event.
 *
 * @param from The checkpoint that the transcription was started from. @defaultValue the beginning
 */
export function checkpoints(from: Checkpoint = START): OperatorFunction<TranscriptionEvent, Checkpoint> {
  return scan(advance, from);
}

/** How many sessions have begun, as far as an event shows: some events name the next one, which may never begin. */
function begunSessions(event: TranscriptionEvent): number {
  if (event.type === 'Stats') return event.sessions;
  return event.type === 'Begin' || event.type === 'Turn' ? event.session + 1 : 0;
}

/** Moves the position forward, over gaps that start at or before it, and settles what is then before it. */
function moveTo(checkpoint: Checkpoint, positionMs: number): Checkpoint {
  let to = Math.max(checkpoint.positionMs, positionMs);
  let { gapMs } = checkpoint;
  let countedMs = 0;
  const gaps: Gap[] = [];
  for (const gap of checkpoint.gaps) {
    if (gap.startMs > to + SAME_MS) {
      gaps.push(gap);
      continue;
    }
    to = Math.max(to, gap.endMs);
    gapMs += Math.max(0, gap.endMs - Math.max(countedMs, gap.startMs));
    countedMs = Math.max(countedMs, gap.endMs); // gaps may overlap
  }
  let { configuration } = checkpoint;
  const controls: Checkpoint['controls'][number][] = [];
  for (const control of checkpoint.controls) {
    const { atMs, message } = control;
    if (atMs >= to) controls.push(control);
    else if (message.type === 'UpdateConfiguration') configuration = Object.assign({}, configuration, message);
  }
  return { ...checkpoint, positionMs: to, gapMs, gaps, controls, ...(configuration && { configuration }) };
}

function endOf(words: readonly { readonly end: number }[]): number {
  let end = 0;
  for (const word of words) end = Math.max(end, word.end);
  return end;
}

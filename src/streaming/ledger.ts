import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { AudioGap, AudioGapReason, Stats } from '../../operators/events.ts';
import { monotonicNow } from '../monotonicNow.ts';

/** A stretch of the recording, in milliseconds on the audio clock. */
type Stretch = readonly [startMs: number, endMs: number];

/** How far a transcription is; durations in milliseconds. */
type Progress = Pick<Stats, 'capturedMs' | 'session' | 'sessions'> & {
  readonly settledMs: number;
  readonly finalDelayMs?: number | undefined;
};

/** Counts how much audio of one transcription was sent, replayed, lost and skipped, and how long sessions were open, in ms. */
export class Ledger {
  #sent: number;
  #replayed: number;
  /** Up to where audio was sent; after a crash at least up to there. */
  #furthest: number;
  #gaps: Stretch[] = [];
  /** Audio without speech that no session was sent, outside of gaps. */
  #skipped: Stretch[] = [];
  /** Gaps and skipped audio before the checkpoint. */
  readonly #earlierGapMs: number;
  readonly #earlierSkippedMs: number;
  /** How many sessions are open, for how long all of them were until a time, and that time. */
  #openSessions = 0;
  #openMs: number;
  #countedAt: number;
  /** How many times a connection was retried. */
  reconnects: number;

  /** @param from The totals of an earlier process. */
  constructor(from?: Checkpoint) {
    this.#sent = from?.sentMs ?? 0;
    this.#replayed = from?.replayedMs ?? 0;
    this.#furthest = Math.max(from?.positionMs ?? 0, this.#sent - this.#replayed);
    this.#earlierGapMs = from?.gapMs ?? 0;
    this.#earlierSkippedMs = from?.skippedMs ?? 0;
    this.#openMs = from?.openMs ?? 0;
    this.#countedAt = monotonicNow();
    this.reconnects = from?.reconnects ?? 0;
  }

  /** Records that a stretch was sent. */
  sent(startMs: number, endMs: number): void {
    this.#sent += endMs - startMs;
    this.#replayed += Math.max(0, Math.min(endMs, this.#furthest) - startMs);
    this.#furthest = Math.max(this.#furthest, endMs);
  }

  /** How much of the audio after a position was sent already. */
  sentAfter(ms: number): number {
    return Math.max(0, this.#furthest - ms);
  }

  /** Records that a stretch will never be transcribed; returns the parts of it that were not recorded as lost before. */
  lost(startMs: number, endMs: number, reason: AudioGapReason, session: number): AudioGap[] {
    let added: Stretch[] = endMs > startMs ? [[startMs, endMs]] : [];
    for (const gap of this.#gaps) added = added.flatMap((stretch) => without(stretch, gap));
    this.#gaps.push(...added);
    for (const gap of added) this.#skipped = this.#skipped.flatMap((stretch) => without(stretch, gap));
    return added.map(([start, end]) => ({ type: 'AudioGap', startMs: start, endMs: end, reason, session }));
  }

  /** Records that a stretch has no speech, and that no session is sent it. Stretches are in order. */
  skipped(startMs: number, endMs: number): void {
    let added: Stretch[] = endMs > startMs ? [[startMs, endMs]] : [];
    for (const gap of this.#gaps) added = added.flatMap((stretch) => without(stretch, gap));
    for (const [start, end] of added) {
      const last = this.#skipped.at(-1);
      if (last?.[1] === start) this.#skipped[this.#skipped.length - 1] = [last[0], end];
      else this.#skipped.push([start, end]);
    }
  }

  /** Records that a session was opened. */
  opened(): void {
    this.#countOpen();
    this.#openSessions++;
  }

  /** Records that a session was closed. */
  closed(): void {
    this.#countOpen();
    this.#openSessions--;
  }

  /** The figures so far. Everything before `settledMs` is transcribed, lost or skipped; `sessions` have begun. */
  stats({ capturedMs, settledMs, session, sessions, finalDelayMs }: Progress): Stats {
    const gapMs = lengthBefore(settledMs, this.#gaps, this.#earlierGapMs);
    const skippedMs = lengthBefore(settledMs, this.#skipped, this.#earlierSkippedMs);
    this.#countOpen();
    return {
      type: 'Stats',
      capturedMs,
      sentMs: this.#sent,
      replayedMs: this.#replayed,
      transcribedMs: settledMs - gapMs - skippedMs,
      gapMs,
      skippedMs,
      openMs: Math.round(this.#openMs),
      sessions,
      reconnects: this.reconnects,
      finalDelayMs,
      session,
    };
  }

  #countOpen(): void {
    const now = monotonicNow();
    this.#openMs += this.#openSessions * (now - this.#countedAt);
    this.#countedAt = now;
  }
}

/** The length of stretches up to a position, added to what was there before. */
function lengthBefore(positionMs: number, stretches: readonly Stretch[], earlier: number): number {
  return stretches.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, positionMs) - start), earlier);
}

function without([start, end]: Stretch, [from, to]: Stretch): Stretch[] {
  const before: Stretch = [start, Math.min(end, from)];
  const after: Stretch = [Math.max(start, to), end];
  return to <= start || from >= end ? [[start, end]] : [before, after].filter(([a, b]) => b > a);
}

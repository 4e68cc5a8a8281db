import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { AudioGap, AudioGapReason, Stats } from '../../operators/events.ts';

/** A stretch of the recording, in milliseconds on the audio clock. */
type Stretch = readonly [startMs: number, endMs: number];

/** Counts how much audio of one transcription was sent, replayed and lost, in milliseconds. */
export class Ledger {
  #sent: number;
  #replayed: number;
  /** Up to where audio was sent; after a crash at least up to there. */
  #furthest: number;
  #gaps: Stretch[] = [];
  /** Gaps before the checkpoint. */
  readonly #earlierGapMs: number;
  /** How many times a connection was retried. */
  reconnects: number;

  /** @param from The totals of an earlier process. */
  constructor(from?: Checkpoint) {
    this.#sent = from?.sentMs ?? 0;
    this.#replayed = from?.replayedMs ?? 0;
    this.#furthest = Math.max(from?.positionMs ?? 0, this.#sent - this.#replayed);
    this.#earlierGapMs = from?.gapMs ?? 0;
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
    return added.map(([start, end]) => ({ type: 'AudioGap', startMs: start, endMs: end, reason, session }));
  }

  /** The figures so far. Everything before `settledMs` is either transcribed or lost. */
  stats(capturedMs: number, settledMs: number, session: number, finalDelayMs?: number): Stats {
    const lost = this.#gaps.map(([start, end]) => Math.max(0, Math.min(end, settledMs) - start));
    const gapMs = lost.reduce((sum, ms) => sum + ms, this.#earlierGapMs);
    return {
      type: 'Stats',
      capturedMs,
      sentMs: this.#sent,
      replayedMs: this.#replayed,
      transcribedMs: settledMs - gapMs,
      gapMs,
      sessions: session + 1,
      reconnects: this.reconnects,
      finalDelayMs,
      session,
    };
  }
}

function without([start, end]: Stretch, [from, to]: Stretch): Stretch[] {
  const before: Stretch = [start, Math.min(end, from)];
  const after: Stretch = [Math.max(start, to), end];
  return to <= start || from >= end ? [[start, end]] : [before, after].filter(([a, b]) => b > a);
}

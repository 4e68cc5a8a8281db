import type { AudioGap, AudioGapReason, Stats } from '../../operators/events.ts';

/** A stretch of the recording, in milliseconds on the audio clock. */
type Stretch = readonly [startMs: number, endMs: number];

/** Keeps count of what became of the audio of one transcription: sent, sent again, lost. All in milliseconds. */
export class Accounts {
  #sent = 0;
  #replayed = 0;
  #furthest = 0;
  #gaps: Stretch[] = [];
  /** How many times the connection was tried again. */
  reconnects = 0;

  /** Takes note that a stretch was sent. */
  sent(startMs: number, endMs: number): void {
    this.#sent += endMs - startMs;
    this.#replayed += Math.max(0, Math.min(endMs, this.#furthest) - startMs);
    this.#furthest = Math.max(this.#furthest, endMs);
  }

  /** How much of the audio from a moment on was sent already. */
  sentAfter(ms: number): number {
    return Math.max(0, this.#furthest - ms);
  }

  /** Takes note that a stretch will never be transcribed; returns what of it was not known to be lost before. */
  lost(startMs: number, endMs: number, reason: AudioGapReason, session: number): AudioGap[] {
    let fresh: Stretch[] = endMs > startMs ? [[startMs, endMs]] : [];
    for (const gap of this.#gaps) fresh = fresh.flatMap((stretch) => without(stretch, gap));
    this.#gaps.push(...fresh);
    return fresh.map(([start, end]) => ({ type: 'AudioGap', startMs: start, endMs: end, reason, session }));
  }

  /** The accounts when so much is captured, and everything up to a moment is either transcribed or lost. */
  stats(capturedMs: number, settledMs: number, session: number, finalDelayMs?: number): Stats {
    const lost = this.#gaps.map(([start, end]) => Math.max(0, Math.min(end, settledMs) - start));
    const gapMs = lost.reduce((sum, ms) => sum + ms, 0);
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
  const left: Stretch = [start, Math.min(end, from)];
  const right: Stretch = [Math.max(start, to), end];
  return to <= start || from >= end ? [[start, end]] : [left, right].filter(([a, b]) => b > a);
}

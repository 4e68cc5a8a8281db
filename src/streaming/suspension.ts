/** The least time after `wake()`, in milliseconds: a room that flutters is suspended three times a minute at most. */
const LEAST_OPEN_MS = 20_000;

/** When to suspend, in milliseconds. */
export interface SuspensionLimits {
  /** For how long there must be no speech before a session ends. */
  readonly suspendAfter: number;
  /** How much audio before the speech the next session is sent. */
  readonly preRoll: number;
}

/**
 * Decides when a session ends because there is no speech, and where the next one starts.
 *
 * Positions are milliseconds on the audio clock. Silence and the time open count on the audio clock or on a monotonic
 * clock, whichever went further: a source may emit nothing, and a recording may be faster than real time.
 *
 * ```text
 * open ──isDue, end()──▶ ending ──settle()──▶ suspended ──speech, wake()──▶ open
 *   ▲                      │ reopen(): the end failed
 *   └──────────────────────┘
 * ```
 */
export class Suspension {
  readonly #limits: SuspensionLimits;
  #state: 'open' | 'ending' | 'suspended' = 'suspended';
  /** Where the last speech ended, and when it was recorded. */
  #speechEnd: { atMs: number; time: number };
  /** Up to where audio was recorded when a session was needed, and when that was. */
  #woken: { atMs: number; time: number };
  #endedAt: number;
  #speechFrom: number | undefined;

  /** @param startMs Where the recording starts: nothing is open yet. */
  constructor(limits: SuspensionLimits, startMs: number, now: number) {
    this.#limits = limits;
    this.#endedAt = startMs;
    this.#speechEnd = this.#woken = { atMs: startMs, time: now };
  }

  /** Whether a session is ending or has ended because there is no speech. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether the session has ended, so that nothing is open. */
  get isSuspended(): boolean {
    return this.#state === 'suspended';
  }

  /** Up to where the session that ended was sent the audio. */
  get endedAt(): number {
    return this.#endedAt;
  }

  /** Where the next session starts, if there was speech since the last one ended. */
  get speechFrom(): number | undefined {
    return this.#speechFrom;
  }

  /** Where the last speech ended. */
  get speechEnd(): number {
    return this.#speechEnd.atMs;
  }

  /** Records that there was speech between two positions. */
  speech(startMs: number, endMs: number, now: number): void {
    if (endMs >= this.#speechEnd.atMs) this.#speechEnd = { atMs: endMs, time: now };
    if (this.#state !== 'open') this.#speechFrom ??= this.keepFrom(startMs);
  }

  /** The position from which audio must be kept while no session is open and so much is recorded. */
  keepFrom(recordedMs: number): number {
    return this.#speechFrom ?? Math.max(this.#endedAt, recordedMs - this.#limits.preRoll);
  }

  /** Whether there was no speech for so long that the session should end. */
  isDue(recordedMs: number, now: number): boolean {
    const since = ({ atMs, time }: { atMs: number; time: number }): number => Math.max(recordedMs - atMs, now - time);
    return this.isOpen && since(this.#speechEnd) >= this.#limits.suspendAfter && since(this.#woken) >= LEAST_OPEN_MS;
  }

  /** Up to where a session must be sent what is recorded before it may end: a fast source is always ahead of it. */
  leastSent(recordedMs: number): number {
    return Math.min(recordedMs, this.#speechEnd.atMs + this.#limits.suspendAfter);
  }

  /** Records that the session is being ended, and was sent the audio up to a position. */
  end(atMs: number): void {
    this.#state = 'ending';
    this.#endedAt = atMs;
    this.#speechFrom = undefined;
  }

  /** Records that the session has ended. */
  settle(): void {
    this.#state = 'suspended';
  }

  /** Records that the session failed before it had ended: another one must finish it. */
  reopen(): void {
    if (this.#state === 'ending') this.#state = 'open';
  }

  /** Records that a session is being opened for the speech, and up to where audio is recorded. */
  wake(recordedMs: number, now: number): void {
    this.#state = 'open';
    this.#woken = { atMs: recordedMs, time: now };
  }
}

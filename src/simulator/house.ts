import type { SimulatorEvent, SimulatorOptions, SessionRecord, Violation } from './options.ts';
import type { RecogniserFactory } from './recogniser.ts';
import { SessionLog } from './sessionLog.ts';
import type { Parameters } from './parameters.ts';

/** Options as they stand once the defaults are filled in. */
export type Settled = Required<
  Pick<
    SimulatorOptions,
    | 'keepAudio'
    | 'beginDelayMs'
    | 'terminationDelayMs'
    | 'maxSessionSeconds'
    | 'refuse'
    | 'formatting'
    | 'aheadLimitMs'
    | 'sessionsPerMinute'
  >
>;

/** What all sessions of one service share: the options, the recogniser, the books. */
export class House {
  readonly options: Settled;
  readonly recogniser: RecogniserFactory;
  readonly sessions: SessionLog[] = [];
  readonly violations: Violation[] = [];
  readonly #onEvent: ((event: SimulatorEvent) => void) | undefined;
  readonly #openedAt: number[] = [];

  constructor(options: Settled, recogniser: RecogniserFactory, onEvent?: (event: SimulatorEvent) => void) {
    this.options = options;
    this.recogniser = recogniser;
    this.#onEvent = onEvent;
  }

  /** Opens the record of a connection. */
  record(query: Parameters, authorization: SessionRecord['authorization']): SessionLog {
    const log = new SessionLog(this.sessions.length, query, authorization, this.options.keepAudio);
    this.sessions.push(log);
    this.tell({ type: 'connection', session: log.index, authorization });
    return log;
  }

  /** Whether one more session may be opened this minute. */
  admits(): boolean {
    const now = performance.now();
    while (this.#openedAt[0] !== undefined && this.#openedAt[0] < now - 60_000) this.#openedAt.shift();
    if (this.#openedAt.length >= this.options.sessionsPerMinute) return false;
    this.#openedAt.push(now);
    return true;
  }

  tell(event: SimulatorEvent): void {
    this.#onEvent?.(event);
  }

  object(violation: Violation): void {
    this.violations.push(violation);
    this.tell({ type: 'violation', session: violation.session, violation });
  }

  /** Closes the record of a connection. */
  ended(log: SessionLog, closeCode: number | undefined): void {
    log.closeCode = closeCode;
    log.endedBy ??= closeCode === undefined ? 'error' : 'client-close';
    this.tell({ type: 'end', session: log.index, endedBy: log.endedBy, closeCode });
  }
}

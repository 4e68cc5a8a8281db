import type { SimulatorEvent, SimulatorOptions, SessionRecord, Violation } from './options.ts';
import type { FaultKind, StreamFault, TerminateFault } from './faults.ts';
import { FaultSchedule, type Ambush } from './faultSchedule.ts';
import type { RecogniserFactory } from './recogniser.ts';
import { SessionLog } from './sessionLog.ts';
import type { Parameters } from './parameters.ts';
import type { Message } from './turn.ts';

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
    | 'faults'
  >
>;

/** What all sessions of one service share: the options, the recogniser, the books. */
export class House {
  readonly options: Settled;
  readonly recogniser: RecogniserFactory;
  readonly sessions: SessionLog[] = [];
  readonly violations: Violation[] = [];
  readonly faults: FaultSchedule;
  /** Whether the service itself is being closed. */
  closing = false;
  readonly #onEvent: ((event: SimulatorEvent) => void) | undefined;
  readonly #openedAt: number[] = [];
  #doubles = 0;

  constructor(options: Settled, recogniser: RecogniserFactory, onEvent?: (event: SimulatorEvent) => void) {
    this.options = options;
    this.recogniser = recogniser;
    this.faults = new FaultSchedule(options.faults);
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

  /** Takes the fault of the stream that is due for this session. */
  strike(log: SessionLog): StreamFault | undefined {
    const fault = this.faults.strike();
    if (fault !== undefined) this.#tellFault(log, fault);
    return fault;
  }

  /** Takes the fault that awaits the connection being made. */
  strikeAtConnect(log: SessionLog): Ambush | undefined {
    const ambush = this.faults.atConnect();
    if (ambush !== undefined) this.#tellFault(log, ambush.fault);
    return ambush;
  }

  /** Takes the fault that awaits a `Terminate`. */
  strikeAtTerminate(log: SessionLog): TerminateFault | undefined {
    const fault = this.faults.atTerminate();
    if (fault !== undefined) this.#tellFault(log, fault);
    return fault;
  }

  /** One more final is to be sent twice. */
  doubleNextFinal(): void {
    this.#doubles++;
  }

  /** The messages, with finals doubled where that is due. */
  withDoubles(messages: readonly Message[]): readonly Message[] {
    if (this.#doubles === 0) return messages;
    return messages.flatMap((message) => {
      if (this.#doubles === 0 || message['end_of_turn'] !== true) return [message];
      this.#doubles--;
      return [message, message];
    });
  }

  #tellFault({ index, audioMs }: SessionLog, fault: FaultKind): void {
    this.tell({ type: 'fault', session: index, fault, atMs: audioMs });
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
    if (!this.closing) log.endedBy ??= 'client-close';
    this.tell({ type: 'end', session: log.index, endedBy: log.endedBy, closeCode });
  }
}

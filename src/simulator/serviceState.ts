import type { SimulatorEvent, SimulatorOptions, SessionRecord, Violation } from './options.ts';
import type { ConnectFault, FaultKind, StreamFault, TerminateFault } from './faults.ts';
import { FaultSchedule, type DueFault } from './faultSchedule.ts';
import { AudioBudget } from './audioBudget.ts';
import { poisonDetectors, type PoisonDetector } from './poisonDetector.ts';
import type { RecogniserFactory } from './recogniser.ts';
import type { Recording } from './recording.ts';
import { SessionLog } from './sessionLog.ts';
import type { Parameters } from './parameters.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import type { SpeechEngineFactory } from './speechEngine.ts';

/** The options that sessions read, with their defaults filled in. */
export type ServiceOptions = Required<
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
    | 'minuteMs'
    | 'faults'
  >
>;

/** How many records of connections, and how many violations, are kept: the latest. */
const MAX_RECORDS = 1000;

/** State shared by all sessions of one service. */
export class ServiceState {
  readonly options: ServiceOptions;
  readonly recogniser: RecogniserFactory;
  readonly engine: SpeechEngineFactory | undefined;
  readonly sessions: SessionLog[] = [];
  readonly violations: Violation[] = [];
  readonly faults: FaultSchedule;
  readonly audioBudget: AudioBudget = new AudioBudget();
  /** Creates the poison detector of a session; undefined if no audio is poison. */
  readonly createPoisonDetector: () => PoisonDetector | undefined;
  /** Whether the service itself is being closed. */
  closing = false;
  readonly #onEvent: ((event: SimulatorEvent) => void) | undefined;
  readonly #openedAt: number[] = [];
  #duplicatesDue = 0;
  #connections = 0;

  constructor(
    options: ServiceOptions,
    recogniser: RecogniserFactory,
    recordings: readonly Recording[],
    { onEvent, engine }: Pick<SimulatorOptions, 'onEvent' | 'engine'>,
  ) {
    this.options = options;
    this.recogniser = recogniser;
    this.engine = engine;
    this.faults = new FaultSchedule(options.faults);
    this.createPoisonDetector = poisonDetectors(this.faults.poison, recordings);
    this.#onEvent = onEvent;
  }

  /** Starts the record of a connection. */
  openLog(query: Parameters, authorization: SessionRecord['authorization']): SessionLog {
    const log = new SessionLog(this.#connections++, query, authorization, this.options.keepAudio);
    this.sessions.push(log);
    if (this.sessions.length > MAX_RECORDS) this.sessions.shift();
    this.emit({ type: 'connection', session: log.index, authorization });
    return log;
  }

  /** Completes the record of a connection. */
  closeLog(log: SessionLog, closeCode: number | undefined): void {
    log.closeCode = closeCode;
    if (!this.closing) log.endedBy ??= 'client-close';
    this.emit({ type: 'end', session: log.index, endedBy: log.endedBy, closeCode });
  }

  /** Returns whether `sessionsPerMinute` permits one more session, and counts it. */
  admitSession(): boolean {
    const now = performance.now();
    while (this.#openedAt[0] !== undefined && this.#openedAt[0] < now - this.options.minuteMs) this.#openedAt.shift();
    if (this.#openedAt.length >= this.options.sessionsPerMinute) return false;
    this.#openedAt.push(now);
    return true;
  }

  takeStreamFault(log: SessionLog): DueFault<StreamFault> | undefined {
    const due = this.faults.takeDue();
    if (due !== undefined) this.emitFault(log, due.fault);
    return due;
  }

  takeConnectFault(log: SessionLog): DueFault<ConnectFault> | undefined {
    const due = this.faults.takeConnectFault();
    if (due !== undefined) this.emitFault(log, due.fault);
    return due;
  }

  takeTerminateFault(log: SessionLog): DueFault<TerminateFault> | undefined {
    const due = this.faults.takeTerminateFault();
    if (due !== undefined) this.emitFault(log, due.fault);
    return due;
  }

  /** Sends the next final twice. */
  duplicateNextFinal(): void {
    this.#duplicatesDue++;
  }

  /** Returns the messages with finals repeated where that is due. */
  withDuplicates(messages: readonly ServiceMessage[]): readonly ServiceMessage[] {
    if (this.#duplicatesDue === 0) return messages;
    return messages.flatMap((message) => {
      if (this.#duplicatesDue === 0 || message['end_of_turn'] !== true) return [message];
      this.#duplicatesDue--;
      return [message, message];
    });
  }

  emit(event: SimulatorEvent): void {
    this.#onEvent?.(event);
  }

  reportViolation(violation: Violation): void {
    this.violations.push(violation);
    if (this.violations.length > MAX_RECORDS) this.violations.shift();
    this.emit({ type: 'violation', session: violation.session, violation });
  }

  emitFault({ index, audioMs }: SessionLog, fault: FaultKind | 'poison'): void {
    this.emit({ type: 'fault', session: index, fault, atMs: audioMs });
  }
}

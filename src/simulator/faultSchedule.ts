import { FAULT_KINDS, isConnectFault, isTerminateFault } from './faults.ts';
import type { ConnectFault, Fault, FaultPlan, RandomFaults, StreamFault, TerminateFault } from './faults.ts';

/** A fault that is due at the next connection. */
export interface DueFault {
  readonly fault: ConnectFault;
  /** Milliseconds, for `slow-begin`. */
  readonly ms: number;
}

/** Schedules the faults of a plan. Its clock is the audio processed by all sessions of a service together. */
export class FaultSchedule {
  readonly #plan: Iterator<Fault, undefined>;
  #next: Fault | undefined;
  #audioMs = 0;
  readonly #connectFaults: DueFault[] = [];
  readonly #terminateFaults: TerminateFault[] = [];

  /** @throws {RangeError} for a fault that does not exist, and for a time or rate that is no number. */
  constructor(plan: FaultPlan) {
    check(plan);
    this.#plan = 'seed' in plan ? randomFaults(plan) : scripted(plan);
    this.#next = this.#plan.next().value;
  }

  /** Milliseconds of audio until the next fault; Infinity for none. */
  get untilNextMs(): number {
    return this.#next === undefined ? Infinity : Math.max(0, this.#next.atMs - this.#audioMs);
  }

  /** Advances the clock by `ms` milliseconds of audio. */
  advance(ms: number): void {
    this.#audioMs += ms;
  }

  /** Takes the fault that is due. A stream fault is returned; others wait for a connection or a `Terminate`. */
  takeDue(): StreamFault | undefined {
    const due = this.#next;
    if (due === undefined) return undefined;
    this.#next = this.#plan.next().value;
    const { fault } = due;
    if (isTerminateFault(fault)) this.#terminateFaults.push(fault);
    else if (isConnectFault(fault)) {
      const attempts = fault === 'refuse-connect' ? (due.count ?? 1) : 1;
      for (let attempt = 0; attempt < attempts; attempt++) this.#connectFaults.push({ fault, ms: due.ms ?? 1500 });
    } else return fault;
    return undefined;
  }

  /** Takes the fault of a new connection. */
  takeConnectFault(): DueFault | undefined {
    this.#queueDue();
    return this.#connectFaults.shift();
  }

  /** Takes the fault of a `Terminate`. */
  takeTerminateFault(): TerminateFault | undefined {
    return this.#terminateFaults.shift();
  }

  /** Connect faults may be due before any audio. */
  #queueDue(): void {
    while (this.#next !== undefined && this.untilNextMs === 0 && isConnectFault(this.#next.fault)) this.takeDue();
  }
}

function check(plan: FaultPlan): void {
  const kinds = 'seed' in plan ? (plan.kinds ?? []) : plan.map(({ fault }) => fault);
  const numbers = 'seed' in plan ? [plan.seed, plan.perMinute] : plan.map(({ atMs }) => atMs);
  const unknown = kinds.find((kind) => !FAULT_KINDS.includes(kind));
  if (unknown !== undefined) throw new RangeError(`unknown fault '${unknown}', use one of ${FAULT_KINDS.join(', ')}`);
  const wrong = numbers.findIndex((number) => !(number >= 0));
  if (wrong >= 0)
    throw new RangeError(`a time, rate or seed in the fault plan must be a number from 0, not ${numbers[wrong]}`);
}

function* scripted(script: readonly Fault[]): Generator<Fault, undefined> {
  yield* script.toSorted((a, b) => a.atMs - b.atMs);
  return undefined;
}

function* randomFaults({ seed, perMinute, kinds = FAULT_KINDS }: RandomFaults): Generator<Fault, undefined> {
  if (perMinute <= 0 || kinds.length === 0) return undefined;
  const random = generator(seed);
  for (let atMs = 0; ;) {
    atMs += (-Math.log(1 - random()) * 60_000) / perMinute;
    const fault = kinds[Math.floor(random() * kinds.length)]!;
    yield { atMs, fault };
    if (isConnectFault(fault)) yield { atMs, fault: 'reset' };
  }
}

/** Mulberry32: random numbers from 0 to 1; the same seed gives the same numbers. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

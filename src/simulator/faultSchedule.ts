import { FAULT_KINDS, isConnectFault, isTerminateFault } from './faults.ts';
import type { ConnectFault, Fault, FaultPlan, RandomFaults, StreamFault, TerminateFault } from './faults.ts';

/** A fault of the next connection, ready to strike. */
export interface Ambush {
  readonly fault: ConnectFault;
  /** Milliseconds, for `slow-begin`. */
  readonly ms: number;
}

/** Keeps the time of a fault plan, in audio heard by all sessions of a service, and hands out what is due. */
export class FaultSchedule {
  readonly #plan: Iterator<Fault, undefined>;
  #next: Fault | undefined;
  #heardMs = 0;
  readonly #connect: Ambush[] = [];
  readonly #terminate: TerminateFault[] = [];

  /** @throws {RangeError} for a fault that does not exist, and for a time or rate that is no number. */
  constructor(plan: FaultPlan) {
    check(plan);
    this.#plan = 'seed' in plan ? randomly(plan) : inOrder(plan);
    this.#next = this.#plan.next().value;
  }

  /** Milliseconds of audio until the next fault; Infinity for none. */
  get untilNextMs(): number {
    return this.#next === undefined ? Infinity : Math.max(0, this.#next.atMs - this.#heardMs);
  }

  /** Audio was heard. */
  advance(ms: number): void {
    this.#heardMs += ms;
  }

  /** Takes the fault that is due: one of the stream is for the caller to inject, others wait for their moment. */
  strike(): StreamFault | undefined {
    const due = this.#next;
    if (due === undefined) return undefined;
    this.#next = this.#plan.next().value;
    const { fault } = due;
    if (isTerminateFault(fault)) this.#terminate.push(fault);
    else if (isConnectFault(fault)) {
      const attempts = fault === 'refuse-connect' ? (due.count ?? 1) : 1;
      for (let attempt = 0; attempt < attempts; attempt++) this.#connect.push({ fault, ms: due.ms ?? 1500 });
    } else return fault;
    return undefined;
  }

  /** What awaits a connection that is being made. */
  atConnect(): Ambush | undefined {
    this.#armDue();
    return this.#connect.shift();
  }

  /** What awaits a `Terminate`. */
  atTerminate(): TerminateFault | undefined {
    return this.#terminate.shift();
  }

  /** Faults of the next connection may be due before any audio. */
  #armDue(): void {
    while (this.#next !== undefined && this.untilNextMs === 0 && isConnectFault(this.#next.fault)) this.strike();
  }
}

function check(plan: FaultPlan): void {
  const kinds = 'seed' in plan ? (plan.kinds ?? []) : plan.map(({ fault }) => fault);
  const numbers = 'seed' in plan ? [plan.seed, plan.perMinute] : plan.map(({ atMs }) => atMs);
  const unknown = kinds.find((kind) => !FAULT_KINDS.includes(kind));
  if (unknown !== undefined) throw new RangeError(`unknown fault '${unknown}', known are ${FAULT_KINDS.join(', ')}`);
  const wrong = numbers.findIndex((number) => !(number >= 0));
  if (wrong >= 0) throw new RangeError(`not a number from 0 in the fault plan: ${numbers[wrong]}`);
}

function* inOrder(script: readonly Fault[]): Generator<Fault, undefined> {
  yield* script.toSorted((a, b) => a.atMs - b.atMs);
  return undefined;
}

function* randomly({ seed, perMinute, kinds = FAULT_KINDS }: RandomFaults): Generator<Fault, undefined> {
  if (perMinute <= 0 || kinds.length === 0) return undefined;
  const random = generator(seed);
  for (let atMs = 0; ;) {
    atMs += (-Math.log(1 - random()) * 60_000) / perMinute;
    const fault = kinds[Math.floor(random() * kinds.length)]!;
    yield { atMs, fault };
    if (isConnectFault(fault)) yield { atMs, fault: 'reset' };
  }
}

/** Mulberry32: numbers from 0 up to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

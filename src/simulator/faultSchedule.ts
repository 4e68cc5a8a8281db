import { ALL_FAULT_KINDS, FAULT_KINDS, isConnectFault, isTerminateFault } from './faults.ts';
import type {
  ConnectFault,
  Fault,
  FaultPlan,
  PoisonFault,
  RandomFaults,
  StreamFault,
  TerminateFault,
} from './faults.ts';

/** A fault of one kind that is due. */
export type DueFault<Kind> = Fault & { readonly fault: Kind };

/** A connect fault that waits for connections. */
interface PendingConnectFault {
  readonly fault: DueFault<ConnectFault>;
  left: number;
  /** By `performance.now()`. */
  readonly until: number;
}

/** Schedules the faults of a plan. Its clock is the audio processed by all sessions of a service together. */
export class FaultSchedule {
  readonly poison: readonly PoisonFault[];
  readonly #plan: Iterator<Fault, undefined>;
  #next: Fault | undefined;
  #audioMs = 0;
  readonly #connectFaults: PendingConnectFault[] = [];
  readonly #terminateFaults: DueFault<TerminateFault>[] = [];

  /** @throws {RangeError} for an unknown kind of fault, and for an invalid time or rate. */
  constructor(plan: FaultPlan) {
    check(plan);
    this.poison = 'seed' in plan ? [] : plan.filter(isPoison);
    this.#plan = 'seed' in plan ? randomFaults(plan) : scripted(plan.filter((fault) => !isPoison(fault)));
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
  takeDue(): DueFault<StreamFault> | undefined {
    const due = this.#next;
    if (due === undefined) return undefined;
    this.#next = this.#plan.next().value;
    const { fault } = due;
    if (isConnectFault(fault)) this.#connectFaults.push(pending({ ...due, fault }));
    else if (isTerminateFault(fault)) this.#terminateFaults.push({ ...due, fault });
    else return { ...due, fault };
    return undefined;
  }

  /** Takes the fault of a new connection. */
  takeConnectFault(): DueFault<ConnectFault> | undefined {
    this.#queueDue();
    for (let first = this.#connectFaults[0]; first !== undefined; first = this.#connectFaults[0]) {
      const over = performance.now() >= first.until;
      if (over || --first.left === 0) this.#connectFaults.shift();
      if (!over) return first.fault;
    }
    return undefined;
  }

  /** Takes the fault of a `Terminate`. */
  takeTerminateFault(): DueFault<TerminateFault> | undefined {
    return this.#terminateFaults.shift();
  }

  /** Connect faults may be due before any audio. */
  #queueDue(): void {
    while (this.#next !== undefined && this.untilNextMs === 0 && isConnectFault(this.#next.fault)) this.takeDue();
  }
}

function pending(fault: DueFault<ConnectFault>): PendingConnectFault {
  const { durationMs, count = durationMs === undefined ? 1 : Infinity } = fault;
  return { fault, left: count, until: performance.now() + (durationMs ?? Infinity) };
}

function isPoison(fault: Fault | PoisonFault): fault is PoisonFault {
  return fault.fault === 'poison';
}

function check(plan: FaultPlan): void {
  const timed = 'seed' in plan ? [] : plan.filter((fault) => !isPoison(fault));
  const kinds = 'seed' in plan ? (plan.kinds ?? []) : timed.map(({ fault }) => fault);
  const poison = 'seed' in plan ? [] : plan.filter(isPoison);
  const numbers = 'seed' in plan ? [plan.seed, plan.perMinute] : timed.map(({ atMs }) => atMs);
  numbers.push(...poison.flatMap(({ fromMs, toMs }) => [fromMs, toMs - fromMs]));
  const unknown = kinds.find((kind) => !ALL_FAULT_KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new RangeError(`unknown fault '${unknown}', use one of ${['poison', ...ALL_FAULT_KINDS].join(', ')}`);
  }
  const wrong = numbers.findIndex((number) => !(number >= 0));
  if (wrong >= 0) {
    throw new RangeError(`a time, rate or seed in the fault plan must be a number from 0, not ${numbers[wrong]}`);
  }
}

function* scripted(faults: readonly Fault[]): Generator<Fault, undefined> {
  yield* faults.toSorted((a, b) => a.atMs - b.atMs);
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

/** What strikes while audio is being heard. */
export type StreamFault =
  /** The TCP connection is reset. */
  | 'reset'
  /** Close 1011, without an `Error` frame. */
  | 'close-1011'
  /** `Error` 3005, then close 3005. */
  | 'close-3005'
  /** Close 1000, without an `Error` frame or `Termination`. */
  | 'close-silent'
  /** An `Error` frame 3005, and the socket is left open; nothing is heard or told any more. */
  | 'error-open'
  /** Nothing is read or written any more, no pong either; the connection stays. */
  | 'stall'
  /** `Error` 3008, then close 3008, before the time. */
  | 'expire'
  /** A message of a type nobody knows. */
  | 'unknown-message'
  /** A text message that is not JSON. */
  | 'non-json'
  /** A binary message. */
  | 'binary'
  /** A `Warning`. */
  | 'warning'
  /** The next final is sent twice. */
  | 'duplicate-final'
  /** A final without words under a turn number of its own, as soon as no turn is open. */
  | 'empty-final';

/** What strikes the next connection. */
export type ConnectFault =
  /** The next `count` attempts are refused with HTTP 503. */
  | 'refuse-connect'
  /** `Error` 1008 `Too many concurrent sessions`. */
  | 'rate-limit'
  /** Close 1011 on the opened socket, before `Begin`. */
  | 'close-before-begin'
  /** `Begin` comes `ms` milliseconds late. */
  | 'slow-begin';

/** What strikes at the next `Terminate`. */
export type TerminateFault =
  /** `Terminate` is never answered. */
  | 'no-termination'
  /** The TCP connection is reset between `Terminate` and the last final. */
  | 'reset-after-terminate';

/** What can go wrong. */
export type FaultKind = StreamFault | ConnectFault | TerminateFault;

/** One thing that goes wrong, once. */
export interface Fault {
  /** When: milliseconds of audio heard, of all sessions since the start together. */
  readonly atMs: number;
  readonly fault: FaultKind;
  /** How late `Begin` comes with `slow-begin`, in milliseconds. @defaultValue `1500` */
  readonly ms?: number;
  /** How many attempts `refuse-connect` refuses. @defaultValue `1` */
  readonly count?: number;
}

/** Faults at a random rate, the same for the same seed. */
export interface RandomFaults {
  readonly seed: number;
  /** How many on average, per minute of audio heard. */
  readonly perMinute: number;
  /** Which. Faults of the next connection come with a `reset`, so that there is one. @defaultValue all */
  readonly kinds?: readonly FaultKind[];
}

/** What goes wrong, and when: a script, in any order, or a random rate. */
export type FaultPlan = readonly Fault[] | RandomFaults;

const CONNECT: readonly FaultKind[] = ['refuse-connect', 'rate-limit', 'close-before-begin', 'slow-begin'];
const TERMINATE: readonly FaultKind[] = ['no-termination', 'reset-after-terminate'];

/** All there are. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...(['reset', 'close-1011', 'close-3005', 'close-silent', 'error-open', 'stall', 'expire'] as const),
  ...(['unknown-message', 'non-json', 'binary', 'warning', 'duplicate-final', 'empty-final'] as const),
  ...CONNECT,
  ...TERMINATE,
];

export function isConnectFault(kind: FaultKind): kind is ConnectFault {
  return CONNECT.includes(kind);
}

export function isTerminateFault(kind: FaultKind): kind is TerminateFault {
  return TERMINATE.includes(kind);
}

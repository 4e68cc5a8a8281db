/** Faults that happen at a position in the audio. */
export type StreamFault =
  /** The TCP connection is reset. */
  | 'reset'
  /** Close 1011, without an `Error` frame. */
  | 'close-1011'
  /** `Error` 3005, then close 3005. */
  | 'close-3005'
  /** Close 1000, without an `Error` frame or `Termination`. */
  | 'close-silent'
  /** `Error` 3005, but the socket stays open. The service ignores what it receives and sends nothing more. */
  | 'error-open'
  /** The service reads and sends nothing more, not even a pong. The connection stays open. */
  | 'stall'
  /** `Error` 3008, then close 3008, long before `expires_at`. */
  | 'expire'
  /** A message of an unknown type. */
  | 'unknown-message'
  /** A text message that is not JSON. */
  | 'non-json'
  /** A binary message. */
  | 'binary'
  /** A `Warning`. */
  | 'warning'
  /** The next final is sent twice. */
  | 'duplicate-final'
  /** A final without words under its own turn number, as soon as no turn is open. */
  | 'empty-final';

/** Faults that happen at the next connection. */
export type ConnectFault =
  /** The next `count` attempts are refused with HTTP 503. */
  | 'refuse-connect'
  /** `Error` 1008 `Too many concurrent sessions`. */
  | 'rate-limit'
  /** Close 1011 on the opened socket, before `Begin`. */
  | 'close-before-begin'
  /** `Begin` is sent `ms` milliseconds late. */
  | 'slow-begin';

/** Faults that happen at the next `Terminate`. */
export type TerminateFault =
  /** `Terminate` is never answered. */
  | 'no-termination'
  /** The TCP connection is reset between `Terminate` and the last final. */
  | 'reset-after-terminate';

/** The kinds of fault. */
export type FaultKind = StreamFault | ConnectFault | TerminateFault;

/** One fault. It happens once. */
export interface Fault {
  /** When it happens: milliseconds of audio processed since the start, by all sessions together. */
  readonly atMs: number;
  readonly fault: FaultKind;
  /** Delay of `Begin` with `slow-begin`, in milliseconds. @defaultValue `1500` */
  readonly ms?: number;
  /** How many connections `refuse-connect` refuses. @defaultValue `1` */
  readonly count?: number;
}

/** Random faults. The same seed gives the same faults. */
export interface RandomFaults {
  readonly seed: number;
  /** How many on average, per minute of audio. */
  readonly perMinute: number;
  /** Which kinds. A `reset` follows each connect fault, so that there is a next connection. @defaultValue all */
  readonly kinds?: readonly FaultKind[];
}

/** A list of faults, in any order, or random faults. */
export type FaultPlan = readonly Fault[] | RandomFaults;

const CONNECT: readonly FaultKind[] = ['refuse-connect', 'rate-limit', 'close-before-begin', 'slow-begin'];
const TERMINATE: readonly FaultKind[] = ['no-termination', 'reset-after-terminate'];

/** All kinds of fault. */
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

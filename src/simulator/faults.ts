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
  /** The service reads nothing more, but still sends a `Heartbeat` each second. The connection stays open. */
  | 'deaf'
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
  /** Fields of the next `count` messages are replaced, see `replace`. */
  | 'odd-fields'
  /** The next final is sent twice. */
  | 'duplicate-final'
  /** A final without words under its own turn number, as soon as no turn is open. */
  | 'empty-final';

/** Faults that happen at the next connections: at `count` of them, or at all within `durationMs`. */
export type ConnectFault =
  /** HTTP `status` on the upgrade. */
  | 'refuse-connect'
  /** The socket opens, then `Error` and close with `closeCode` and the text `error`. */
  | 'refuse-session'
  /** `Error` 1008 `Too many concurrent sessions`. */
  | 'rate-limit'
  /** Close 1011 on the opened socket, before `Begin`. */
  | 'close-before-begin'
  /** `Begin` is sent `ms` milliseconds late. */
  | 'slow-begin'
  /** `Begin` with the present time as `expires_at`, then `Error` 3008 and close 3008. */
  | 'expire-at-once';

/** Faults that happen at the next `Terminate`. */
export type TerminateFault =
  /** `Terminate` is never answered. */
  | 'no-termination'
  /** The last final and `Termination` are sent `ms` milliseconds late. */
  | 'late-termination'
  /** The last final is sent, then close 1000 without `Termination`. */
  | 'close-without-termination'
  /** The TCP connection is reset between `Terminate` and the last final. */
  | 'reset-after-terminate';

/** The kinds of fault that happen at a time. */
export type FaultKind = StreamFault | ConnectFault | TerminateFault;

/** Replaces a field in a message: `{ type: 'Turn', path: 'words.0.start', value: 'soon' }`. */
export interface FieldReplacement {
  /** Only in messages of this type. @defaultValue any message that has the field */
  readonly type?: string;
  /** Names and array positions, joined by dots. The last name may be new. */
  readonly path: string;
  /** The new value; the field is removed if it is undefined. */
  readonly value?: unknown;
}

/** Changes a message: returns another message, or the text to send in its place; undefined leaves it as it is. */
export type MessageRewrite = (message: Readonly<Record<string, unknown>>) => object | string | undefined;

/** One fault at one time. */
export interface Fault {
  /** When it happens: milliseconds of audio processed since the start, by all sessions together. */
  readonly atMs: number;
  readonly fault: FaultKind;
  /** Delay in milliseconds. @defaultValue `1500` with `slow-begin`, `7000` with `late-termination` */
  readonly ms?: number;
  /** How many connections a connect fault affects, or how many messages `odd-fields` changes. @defaultValue `1` */
  readonly count?: number;
  /** How long a connect fault lasts, in milliseconds from its time on; `count` then is unlimited by default. */
  readonly durationMs?: number;
  /** HTTP status of `refuse-connect`. @defaultValue `503` */
  readonly status?: number;
  /** Close code of `refuse-session`. @defaultValue `1008` */
  readonly closeCode?: number;
  /** Text of the `Error` of `refuse-session`. @defaultValue `'Unauthorized Connection: Invalid API key'` */
  readonly error?: string;
  /** What `odd-fields` changes: a list of fields, or a function that is called for each message. */
  readonly replace?: readonly FieldReplacement[] | MessageRewrite;
}

/** A stretch of a recording that always fails: every session that receives audio of it ends. */
export interface PoisonFault {
  readonly fault: 'poison';
  /** Where the stretch begins, in milliseconds of the recording. */
  readonly fromMs: number;
  /** Where it ends, in milliseconds of the recording. */
  readonly toMs: number;
  /** Position in `recordings`. @defaultValue `0` */
  readonly recording?: number;
  /** How the session ends. @defaultValue `'close-3005'` */
  readonly as?: StreamFault;
}

/** Random faults. The same seed gives the same faults. */
export interface RandomFaults {
  readonly seed: number;
  /** How many on average, per minute of audio. */
  readonly perMinute: number;
  /** Which kinds. A `reset` follows each connect fault, so that there is a next connection. @defaultValue `FAULT_KINDS` */
  readonly kinds?: readonly FaultKind[];
}

/** A list of faults, in any order, or random faults. */
export type FaultPlan = readonly (Fault | PoisonFault)[] | RandomFaults;

const CONNECT: readonly FaultKind[] = [
  ...(['refuse-connect', 'rate-limit', 'close-before-begin', 'slow-begin'] as const),
  ...(['refuse-session', 'expire-at-once'] as const),
];

const TERMINATE: readonly FaultKind[] = [
  ...(['no-termination', 'reset-after-terminate', 'late-termination', 'close-without-termination'] as const),
];

/** The kinds that random faults use by default: those that need no further options. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...(['reset', 'close-1011', 'close-3005', 'close-silent', 'error-open', 'stall', 'expire'] as const),
  ...(['unknown-message', 'non-json', 'binary', 'warning', 'duplicate-final', 'empty-final'] as const),
  ...(['refuse-connect', 'rate-limit', 'close-before-begin', 'slow-begin'] as const),
  ...(['no-termination', 'reset-after-terminate'] as const),
];

/** All kinds of fault that happen at a time. */
export const ALL_FAULT_KINDS: readonly FaultKind[] = [
  ...new Set([...FAULT_KINDS, ...CONNECT, ...TERMINATE, ...(['deaf', 'odd-fields'] as const)]),
];

export function isConnectFault(kind: FaultKind): kind is ConnectFault {
  return CONNECT.includes(kind);
}

export function isTerminateFault(kind: FaultKind): kind is TerminateFault {
  return TERMINATE.includes(kind);
}

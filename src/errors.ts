/** What kind of thing went wrong; each asks for a different answer. */
export type ErrorKind =
  | 'unauthorized'
  | 'invalid-input'
  | 'audio-format'
  | 'rate-limited'
  | 'expired'
  | 'network'
  | 'service'
  | 'protocol'
  | 'microphone'
  | 'file';

/** What a `TranscriptionError` can carry besides its message. */
export interface TranscriptionErrorOptions {
  /** Whether the same attempt, made again a little later, may succeed. @defaultValue false */
  readonly retryable?: boolean;
  /** The code on the wire: a WebSocket close code, or an HTTP status of the upgrade. */
  readonly wireCode?: number;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * A transcription failed in time, as opposed to being called wrongly (that is a `TypeError` or a `RangeError`).
 *
 * `kind` says what a caller can do about it, `retryable` whether to try again; the message is one line that says what
 * happened, with which value, and what to do. Keys and tokens never appear in it.
 */
export class TranscriptionError extends Error {
  override readonly name = 'TranscriptionError';
  /** `ERR_` and the kind, as Node writes its codes: `ERR_UNAUTHORIZED`, `ERR_AUDIO_FORMAT`. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly wireCode: number | undefined;

  constructor(kind: ErrorKind, message: string, options: TranscriptionErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.code = `ERR_${kind.toUpperCase().replace('-', '_')}`;
    this.retryable = options.retryable ?? false;
    this.wireCode = options.wireCode;
  }
}

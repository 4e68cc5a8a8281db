/** What failed; each kind needs a different reaction. */
export type ErrorKind =
  /** The key, the token or the account was refused. */
  | 'unauthorized'
  /** A setting or the address was refused. */
  | 'invalid-input'
  /** The audio was refused: its format, the length of its frames, or its pace. */
  | 'audio-format'
  /** Too many new sessions; wait a minute. */
  | 'rate-limited'
  /** The session reached its maximum length, or was idle for too long. */
  | 'expired'
  /** The service cannot be reached, or the connection broke. */
  | 'network'
  /** The service failed or ended the session. */
  | 'service'
  /** Client and service do not understand each other. */
  | 'protocol'
  /** The microphone failed or is not permitted. */
  | 'microphone'
  /** A recording cannot be read. */
  | 'file'
  /** The engine on this device, or its model, failed. */
  | 'engine';

/** The code of a `TranscriptionError`: `ERR_` and its kind. */
export type ErrorCode =
  | 'ERR_UNAUTHORIZED'
  | 'ERR_INVALID_INPUT'
  | 'ERR_AUDIO_FORMAT'
  | 'ERR_RATE_LIMITED'
  | 'ERR_EXPIRED'
  | 'ERR_NETWORK'
  | 'ERR_SERVICE'
  | 'ERR_PROTOCOL'
  | 'ERR_MICROPHONE'
  | 'ERR_FILE'
  | 'ERR_ENGINE';

/** Optional fields of a `TranscriptionError`. */
export interface TranscriptionErrorOptions {
  /** Whether the same attempt may succeed later. @defaultValue false */
  readonly retryable?: boolean;
  /** A WebSocket close code, the code of an `Error` message, or the HTTP status of the upgrade. */
  readonly wireCode?: number;
  /** The original error. */
  readonly cause?: unknown;
}

/**
 * A failure during a transcription. (Wrong use is a `TypeError` or a `RangeError` when the function is called.)
 *
 * The message is one line: what happened, with which value, and what to do. It never contains a key or a token.
 */
export class TranscriptionError extends Error {
  override readonly name = 'TranscriptionError';
  /** `ERR_` and the kind in capitals, for example `ERR_AUDIO_FORMAT`. */
  readonly code: ErrorCode;
  /** What failed, and so what to do about it. */
  readonly kind: ErrorKind;
  /** Whether the same attempt may succeed later. `transcribe()` has already retried. */
  readonly retryable: boolean;
  /** A WebSocket close code, the code of an `Error` message, or an HTTP status; `undefined` if there is none. */
  readonly wireCode: number | undefined;

  constructor(kind: ErrorKind, message: string, options: TranscriptionErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.code = `ERR_${kind.toUpperCase().replace('-', '_')}` as ErrorCode;
    this.retryable = options.retryable ?? false;
    this.wireCode = options.wireCode;
  }
}

import { errorDetails } from '../audio/errorDetails.ts';
import { TranscriptionError } from '../errors.ts';

/** What happened, what to do about it, and whether it may pass by itself. */
interface Case {
  readonly advice: string;
  /** May the same attempt succeed a little later? */
  readonly passing?: boolean;
  /** Of a device that was there before: may it come back? */
  readonly absent?: boolean;
}

/**
 * What to do, by the name of the browser's error. Those that browsers throw themselves are theirs; `SecurityError` and
 * `InvalidStateError` we make, where a browser would have no microphone at all, or wait without an end.
 *
 * @see https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 */
const CASES: Readonly<Record<string, Case>> = {
  NotAllowedError: {
    advice: 'allow the microphone for this site in the browser, and for the browser in the settings of the system',
  },
  NotFoundError: { advice: 'connect a microphone', absent: true },
  NotReadableError: { advice: 'check that it is connected and no other program holds it', passing: true },
  AbortError: { advice: 'try again', passing: true },
  OverconstrainedError: {
    advice: 'choose the deviceId of one of the input devices, as navigator.mediaDevices.enumerateDevices() lists them',
    absent: true,
  },
  SecurityError: { advice: 'serve the page over https, or from localhost' },
  InvalidStateError: { advice: 'start it from a click or the press of a key', absent: true },
};

/** Tells whether a device that delivered before may do so again after this failure: of it, or of opening it again. */
export function mayComeBack(failure: TranscriptionError): boolean {
  return failure.retryable || CASES[nameOf(failure.cause)]?.absent === true;
}

/** Turns what the browser or decibri failed with into our error, with theirs as the cause: its `name` tells the case. */
export function microphoneFailure(cause: unknown): TranscriptionError {
  if (cause instanceof TranscriptionError) return cause;
  const { advice, passing } = CASES[nameOf(cause)] ?? { advice: adviceOn(errorDetails(cause).message) };
  const said = `microphone: ${errorDetails(cause).message.replace(/[. ]+$/, '') || nameOf(cause)}`;
  return new TranscriptionError('microphone', advice === undefined ? said : `${said}; ${advice}`, {
    cause,
    retryable: passing ?? false,
  });
}

/** decibri's own errors have no name that tells them apart. */
function adviceOn(message: string): string | undefined {
  if (!message.includes('audio worklet')) return undefined;
  return "where the page's policy allows no blob: scripts, serve decibri's worklet-processor.js and set workletUrl to it";
}

function nameOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'name' in cause ? String(cause.name) : '';
}

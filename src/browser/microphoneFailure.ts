import { errorDetails } from '../audio/errorDetails.ts';
import { TranscriptionError } from '../errors.ts';

/** What the user can do about a failure, and whether it may pass. */
interface Case {
  readonly advice: string;
  /** Whether the same attempt may succeed a little later. */
  readonly transient?: boolean;
  /** Whether a device that delivered before may return. */
  readonly absent?: boolean;
}

/**
 * Advice by the name of the browser's error. Browsers throw all of these except two: `SecurityError` and
 * `InvalidStateError` are ours, for pages without a microphone API and for audio that waits for a click.
 *
 * @see https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 */
const CASES: Readonly<Record<string, Case>> = {
  NotAllowedError: {
    advice: 'allow the microphone for this site in the browser, and for the browser in the settings of the system',
  },
  NotFoundError: { advice: 'connect a microphone', absent: true },
  NotReadableError: { advice: 'check that it is connected and no other program is using it', transient: true },
  AbortError: { advice: 'try again', transient: true },
  OverconstrainedError: {
    advice: 'choose the deviceId of an input device listed by navigator.mediaDevices.enumerateDevices()',
    absent: true,
  },
  SecurityError: { advice: 'serve the page over https, or from localhost' },
  InvalidStateError: { advice: 'start it from a click or a key press', absent: true },
};

/** Whether a device that delivered before may return after it, or an attempt to reopen it, failed like this. */
export function mayComeBack(failure: TranscriptionError): boolean {
  return failure.retryable || CASES[nameOf(failure.cause)]?.absent === true;
}

/** Converts an error of the browser or of decibri, which becomes the cause: its `name` identifies the case. */
export function microphoneFailure(cause: unknown): TranscriptionError {
  if (cause instanceof TranscriptionError) return cause;
  const { advice, transient } = CASES[nameOf(cause)] ?? { advice: adviceOn(errorDetails(cause).message) };
  const what = `microphone: ${errorDetails(cause).message.replace(/[. ]+$/, '') || nameOf(cause)}`;
  return new TranscriptionError('microphone', advice === undefined ? what : `${what}; ${advice}`, {
    cause,
    retryable: transient ?? false,
  });
}

/** decibri's own errors have no distinctive name. */
function adviceOn(message: string): string | undefined {
  if (!message.includes('audio worklet')) return undefined;
  return "if the page's policy allows no blob: scripts, serve decibri's worklet-processor.js and set workletUrl to it";
}

function nameOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'name' in cause ? String(cause.name) : '';
}

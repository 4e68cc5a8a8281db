import type { AecMetrics, MicrophoneOptions as DecibriOptions } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import type { CaptureStream } from './capture.ts';
import { loadDecibri } from './loadDecibri.ts';
import { errorDetails } from './errorDetails.ts';
import type { DeliveredFormat } from './audioOptions.ts';

/** The options of Node's streams that decibri's accept. Without the types of Node, `keyof ReadableOptions` is every name. */
type StreamOption =
  | 'autoDestroy'
  | 'construct'
  | 'destroy'
  | 'emitClose'
  | 'encoding'
  | 'highWaterMark'
  | 'objectMode'
  | 'read'
  | 'signal';

/** The options of decibri's `Microphone` under its names, except `channels`, `dtype` and those of Node's streams. */
export type RecorderOptions = {
  readonly [Name in keyof Omit<DecibriOptions, StreamOption | 'channels' | 'dtype'>]?: DecibriOptions[Name];
} & DeliveredFormat;

/** What a running recorder offers besides its audio: the argument of `onOpen`. */
export interface Recorder {
  /** Score of the latest chunk, 0 to 1; 0 without `vad`. */
  readonly vadScore: number;
  /** Buffers lost since the start because they were not read in time; 0 again once the recorder has stopped. */
  readonly overrunCount: number;
  /** Passes what the loudspeaker is playing, so that `aec` can remove it from the recording. */
  pushAecReference(data: Uint8Array): void;
  /** Metrics of the echo canceller, or `null` without `aec`. */
  aecMetrics(): AecMetrics | null;
  /** Calls the listener each time `vad` detects the start or the end of speech. */
  on(event: 'speech' | 'silence', listener: () => void): unknown;
}

/** The part of decibri's `Microphone` that `microphone` needs, and that a test has to provide. */
export type RecorderStream = Recorder & CaptureStream;

/** Opens a recorder without blocking the event loop. */
export type OpenRecorder = (options: RecorderOptions) => Promise<RecorderStream>;

/** Opens decibri's recorder. */
export const openRecorder: OpenRecorder = async (options) => {
  const { Microphone } = await loadDecibri('microphone');
  const recorder = await Microphone.open(options);
  recorder.on('error', () => stopNative(recorder));
  return recorder;
};

/**
 * Ends the capture of a device that failed. decibri 5.7 does not: its `stop` does nothing after an error, and until the
 * garbage collector finds the stream, cpal's ALSA thread spins and writes tens of thousands of lines a second to standard
 * error. The native stream underneath can be stopped, also twice.
 */
function stopNative(recorder: object): void {
  const native: unknown = Reflect.get(recorder, '_native');
  if (typeof native === 'object' && native !== null && 'stop' in native && typeof native.stop === 'function') {
    native.stop();
  }
}

/** What to do about decibri's errors, by their code. */
const ADVICE: Readonly<Record<string, string>> = {
  MICROPHONE_NOT_FOUND: 'choose one of the input devices, as `rxscribe devices` lists them',
  MULTIPLE_DEVICES_MATCH: 'give more of the name, or the id that `rxscribe devices` shows',
  NOT_AN_INPUT_DEVICE: 'choose one of the input devices, as `rxscribe devices` lists them',
  NO_MICROPHONE_FOUND: 'connect a microphone',
  DEVICE_ENUMERATION_FAILED: 'check that a microphone is connected and the sound server runs',
  PERMISSION_DENIED: 'allow this program to use the microphone in the settings of the system',
  STREAM_OPEN_FAILED: 'check that no other program holds the device',
  STREAM_START_FAILED: 'check that no other program holds the device',
  DEVICE_FAILED: 'check that the device is still connected',
  CHANNEL_MAP_OUT_OF_RANGE: 'choose a channel that the device has',
};

/** Codes of failures that may be temporary: the device is busy, or was unplugged. */
const TRANSIENT = new Set(['STREAM_OPEN_FAILED', 'STREAM_START_FAILED', 'DEVICE_FAILED']);

/** Codes that mean that a device that was there before is not back yet. */
const ABSENT = new Set([
  'MICROPHONE_NOT_FOUND',
  'NO_MICROPHONE_FOUND',
  'NOT_AN_INPUT_DEVICE',
  'DEVICE_ENUMERATION_FAILED',
]);

/** Whether a device that has delivered may come back after this failure, of itself or of opening it again. */
export function mayComeBack(failure: TranscriptionError): boolean {
  const { code, message } = errorDetails(failure.cause);
  return failure.retryable || ABSENT.has(code) || isIndexOut(message);
}

/** decibri reports an index beyond the end of its list of devices without a code. */
function isIndexOut(message: string): boolean {
  return message.startsWith('device index');
}

/** Turns an error of decibri into a `TranscriptionError` with that error as its cause. */
export function recorderFailure(cause: unknown): TranscriptionError {
  if (cause instanceof TranscriptionError) {
    return cause;
  }
  const { code, message } = errorDetails(cause);
  const advice = ADVICE[code] ?? (isIndexOut(message) ? ADVICE['MICROPHONE_NOT_FOUND'] : undefined);
  const text = `microphone: ${message.replace(/[. ]+$/, '')}`;
  return new TranscriptionError('microphone', advice ? `${text}; ${advice}` : text, {
    cause,
    retryable: TRANSIENT.has(code),
  });
}

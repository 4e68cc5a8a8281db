import type { AecMetrics, MicrophoneOptions as DecibriOptions } from 'decibri';
import type { ReadableOptions } from 'node:stream';
import { TranscriptionError } from '../errors.ts';
import type { CaptureStream } from './capture.ts';
import { loadDecibri } from './decibri.ts';
import { describe } from './describe.ts';
import type { DeliveredFormat } from './options.ts';

/** The options of decibri's `Microphone` under its names, but for the two that the service fixes and Node's own. */
export type RecorderOptions = {
  readonly [Name in keyof Omit<DecibriOptions, keyof ReadableOptions | 'channels' | 'dtype'>]?: DecibriOptions[Name];
} & DeliveredFormat;

/** What a running recorder tells besides its audio, and what can be told to it. Handed to `onOpen`. */
export interface Recorder {
  /** Score of the latest chunk, 0 to 1; 0 without `vad`. */
  readonly vadScore: number;
  /** Buffers lost since the start because they were not taken in time. Falls back to 0 once the recorder stopped. */
  readonly overrunCount: number;
  /** Takes what the loudspeaker plays, as it plays it, for `aec` to remove from the recording. */
  pushAecReference(data: Uint8Array): void;
  /** How the echo canceller does, or `null` without `aec`. */
  aecMetrics(): AecMetrics | null;
  /** Calls the listener each time that `vad` finds the beginning or the end of speech. */
  on(event: 'speech' | 'silence', listener: () => void): unknown;
}

/** The part of decibri's `Microphone` that `microphone` needs: what a test has to play. */
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
 * Ends the capture of a device that failed. decibri 5.7 does not: its `stop` does nothing after an error, and meanwhile
 * cpal's thread for ALSA turns without a pause and writes tens of thousands of lines a second to standard error, until
 * the garbage collector finds the stream. The native stream underneath can be stopped, and takes it twice.
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

/** What may pass by itself: the device is busy, or comes back. */
const PASSING = new Set(['STREAM_OPEN_FAILED', 'STREAM_START_FAILED', 'DEVICE_FAILED']);

/** What means, of a device that was there before, that it is not back yet. */
const ABSENT = new Set([
  'MICROPHONE_NOT_FOUND',
  'NO_MICROPHONE_FOUND',
  'NOT_AN_INPUT_DEVICE',
  'DEVICE_ENUMERATION_FAILED',
]);

/** Tells whether a device that delivered before may do so again after this failure: of it, or of opening it again. */
export function mayComeBack(failure: TranscriptionError): boolean {
  const { code, message } = describe(failure.cause);
  return failure.retryable || ABSENT.has(code) || isIndexOut(message);
}

/** decibri's word for a list of devices that got shorter has no code. */
function isIndexOut(message: string): boolean {
  return message.startsWith('device index');
}

/** Turns what decibri threw or emitted into our error, with decibri's as the cause. */
export function recorderFailure(cause: unknown): TranscriptionError {
  if (cause instanceof TranscriptionError) {
    return cause;
  }
  const { code, message } = describe(cause);
  const advice = ADVICE[code] ?? (isIndexOut(message) ? ADVICE['MICROPHONE_NOT_FOUND'] : undefined);
  const said = `microphone: ${message.replace(/[. ]+$/, '')}`;
  return new TranscriptionError('microphone', advice ? `${said}; ${advice}` : said, {
    cause,
    retryable: PASSING.has(code),
  });
}

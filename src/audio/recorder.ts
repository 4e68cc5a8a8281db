import { TranscriptionError } from '../errors.ts';
import type { CaptureStream } from './capture.ts';
import { errorDetails } from './errorDetails.ts';
import type { RecordingOptions } from './recordingOptions.ts';

/** An input device. */
export interface InputDevice {
  /** Its place in the list at present; it can name another device later. */
  readonly index: number;
  readonly name: string;
  /** Names the device as long as the system knows it. */
  readonly id: string;
  /** 0 if the device cannot be opened at present. */
  readonly maxInputChannels: number;
  /** In hertz. */
  readonly defaultSampleRate: number;
  readonly isDefault: boolean;
}

/** How speech is detected. */
export interface VadOptions {
  readonly model: 'silero' | 'energy';
  /** The score from which audio is speech, 0 to 1. */
  readonly threshold?: number;
  /** Milliseconds without speech before `silence` is reported. */
  readonly holdoffMs?: number;
  readonly source?: 0;
}

/** How the echo of a loudspeaker is removed. */
export interface AecOptions {
  readonly model: 'tau';
  /** The length of the echo, in milliseconds: 16 to 500. */
  readonly tailMs?: number;
  readonly suppression?: 'conservative' | 'off';
  /** The format of what `pushAecReference` is passed, in hertz and channels. */
  readonly referenceSampleRate?: number;
  readonly referenceChannels?: number;
}

/** Metrics of the echo canceller, as decibri reports them. */
export interface AecMetrics {
  readonly delaySamples: number | null;
  readonly erleDb: number;
  readonly doubleTalk: boolean;
  readonly referenceStarved: number;
  readonly acquisitionParked: number;
  readonly referenceReanchors: number;
  readonly referenceDropped: number;
  readonly referenceSilence: number;
}

/** The options of decibri's `Microphone` under its names. */
export interface RecorderOptions extends Omit<RecordingOptions, 'channels'> {
  /**
   * Channels of the output, 1 to 32. 1 is mono. With more, the first channels of the device are emitted interleaved, as
   * `splitChannels` accepts them; `channelMap` and conditioning are not available then. @defaultValue 1
   */
  readonly channels?: number;
  /**
   * The device: its index, part of its name, or its id; by default the system's default device. An index or name is bound
   * to the device that it names when it is first opened: if that device is lost, no other one is opened instead.
   */
  readonly device?: number | string | { readonly id: string };
  /** Samples per chunk: 64 to 65536. @defaultValue 1600 */
  readonly framesPerBuffer?: number;
  /** Detects speech, for the `recorder` of `onOpen`. @defaultValue false */
  readonly vad?: false | 'silero' | 'energy' | VadOptions;
  /** The path of a model for `vad`, instead of the one included. */
  readonly modelPath?: string;
  /** Removes the echo of a loudspeaker. */
  readonly aec?: 'tau' | AecOptions;
}

/** What a running recorder offers besides its audio: the argument of `onOpen`. */
export interface Recorder {
  /** The device that is recorded; `undefined` if the system does not report it. */
  readonly device: InputDevice | undefined;
  /** Score of the latest chunk, 0 to 1; 0 without `vad`. */
  readonly vadScore: number;
  /** Buffers lost since the start because they were not read in time. */
  readonly overrunCount: number;
  /** Passes what the loudspeaker is playing, so that `aec` can remove it from the recording. */
  pushAecReference(data: Uint8Array): void;
  /** Metrics of the echo canceller as of the latest chunk, or `null` without `aec`. */
  aecMetrics(): AecMetrics | null;
  /** Calls the listener each time `vad` detects the start or the end of speech. */
  on(event: 'speech' | 'silence', listener: () => void): unknown;
}

/** The recorder that `microphone` needs, and that a test has to provide. */
export type RecorderStream = Recorder & CaptureStream;

/** Opens a recorder without blocking the event loop; the signal aborts when it is not needed any more. */
export type OpenRecorder = (options: RecorderOptions, released: AbortSignal) => Promise<RecorderStream>;

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
  RECORDER_ENDED: 'check that the sound server runs',
  CHANNEL_MAP_OUT_OF_RANGE: 'choose channels that the device has, as `rxscribe devices` counts them',
};

/** Codes of failures that may be temporary: the device is busy, or was unplugged. */
const TRANSIENT = new Set(['STREAM_OPEN_FAILED', 'STREAM_START_FAILED', 'DEVICE_FAILED', 'RECORDER_ENDED']);

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

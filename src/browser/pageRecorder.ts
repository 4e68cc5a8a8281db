import type { CaptureStream } from '../audio/capture.ts';
import type { RecorderOptions } from './microphoneOptions.ts';
import { pcm16 } from '../audio/pcm16.ts';
import { Resampler } from '../audio/resampler.ts';
import { TranscriptionError } from '../errors.ts';
import { SleepDetector } from './sleepDetector.ts';
import { watchRecording } from './watchRecording.ts';

/** A running recorder, passed to `onOpen`: what it reports besides its audio. */
export interface Recorder {
  /** The loudness of the latest chunk, 0 to 1; 0 without `vad`. */
  readonly vadScore: number;
  /** Adds a listener, called each time `vad` detects the start (`speech`) or the end (`silence`) of speech. */
  on(event: 'speech' | 'silence', listener: () => void): unknown;
}

/** The part of decibri's `Microphone` for browsers used here: under Node's condition, its types describe Node. */
interface PageMicrophone extends Recorder {
  readonly isOpen: boolean;
  start(): Promise<void>;
  stop(): void;
  on(event: 'data', listener: (samples: Float32Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'speech' | 'silence', listener: () => void): unknown;
}

type DecibriMicrophone = new (options: object) => PageMicrophone;

/** The default length of a chunk, in milliseconds. */
const CHUNK_MS = 20;
/** The limits of decibri for the length of a chunk, in samples. */
const MIN_FRAMES = 64;
const MAX_FRAMES = 65_536;
/** If the audio of the page has not started after this many milliseconds, the browser is waiting for a click. */
const STARTING_MS = 2000;

/** The length of a chunk as delivered, in milliseconds. */
export function chunkMs({ sampleRate = 16_000, framesPerBuffer }: RecorderOptions): number {
  return framesPerBuffer === undefined ? CHUNK_MS : (framesPerBuffer * 1000) / sampleRate;
}

let microphoneClass: DecibriMicrophone | undefined;
let loading = loadMicrophoneClass();

/** decibri is optional, and not installed on every platform: bundlers accept that only if a failed import is caught. */
async function loadMicrophoneClass(): Promise<unknown> {
  try {
    const { Microphone } = await import('decibri');
    microphoneClass = Microphone as unknown as DecibriMicrophone;
    return undefined;
  } catch (cause) {
    return cause;
  }
}

/**
 * Opens decibri's recorder. Once decibri is loaded, which starts with this module, everything up to the permission prompt
 * happens synchronously, because Safari requires it to happen within the click.
 */
export async function openRecorder(options: RecorderOptions): Promise<PageRecorder> {
  if (!('mediaDevices' in navigator)) throw withoutDevices();
  const recorder = new PageRecorder(options, microphoneClass ?? (await retryLoading()));
  await recorder.start();
  return recorder;
}

/** Loads decibri again if it failed, because the network may be back. */
async function retryLoading(): Promise<DecibriMicrophone> {
  await loading;
  if (!microphoneClass) loading = loadMicrophoneClass();
  const cause = await loading;
  if (microphoneClass) return microphoneClass;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the recorder did not load: ${reason}; check the network, and that decibri is installed where the page is built`;
  throw new TranscriptionError('microphone', message, { cause });
}

function withoutDevices(): DOMException {
  return isSecureContext
    ? new DOMException('this page has none', 'NotFoundError')
    : new DOMException(`pages of ${location.origin} have none because that origin is not secure`, 'SecurityError');
}

/**
 * decibri's recorder at the rate of the device, resampled here to the requested rate. decibri 5.7 would drop up to one
 * sample in 128 (14 s per hour from 48 kHz to 16 kHz) and alias.
 */
export class PageRecorder implements Recorder, CaptureStream {
  readonly #microphone: PageMicrophone;
  readonly #resampler: Resampler;
  readonly #sleepDetector: SleepDetector;
  readonly #isDefault: boolean;
  readonly #listeners = new Map<string, ((value: never) => void)[]>();
  #stopWatching = (): void => undefined;
  #stopping = false;

  constructor(options: RecorderOptions, Microphone: DecibriMicrophone) {
    const { sampleRate = 16_000, framesPerBuffer: _, ...rest } = options;
    const rate = nativeRate();
    const frames = Math.round((rate * chunkMs(options)) / 1000);
    this.#isDefault = options.device === undefined;
    this.#resampler = new Resampler(rate, sampleRate);
    this.#sleepDetector = new SleepDetector(rate, chunkMs(options), {
      onChunk: (samples) => this.#deliver(samples),
      onLost: (error) => this.#emit('error', error),
    });
    this.#microphone = new Microphone({
      ...rest,
      sampleRate: rate,
      framesPerBuffer: Math.min(Math.max(frames, MIN_FRAMES), MAX_FRAMES),
      dtype: 'float32',
    });
    keepErrors(this.#microphone);
    this.#microphone.on('data', (samples) => this.#sleepDetector.receive(samples));
    this.#microphone.on('error', (error) => this.#emit('error', error));
    this.#microphone.on('end', () => this.#emit('end'));
  }

  get isOpen(): boolean {
    return this.#microphone.isOpen;
  }

  get vadScore(): number {
    return this.#microphone.vadScore;
  }

  /** Resolves when the device records; the user may take any time to allow it. */
  async start(): Promise<void> {
    const started = this.#microphone.start();
    const context = contextOf(this.#microphone);
    await rejectIfSuspended(started, context);
    this.#stopWatching = watchRecording(
      { context, track: trackOf(this.#microphone), isDefault: this.#isDefault },
      (error) => this.#emit('error', error),
    );
  }

  on(event: 'data', listener: (chunk: Uint8Array) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'end' | 'close' | 'speech' | 'silence', listener: () => void): void;
  on(event: string, listener: (value: never) => void): void {
    if (event === 'speech' || event === 'silence') this.#microphone.on(event, listener as () => void);
    else this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** Ends after the current chunk, which decibri would drop. */
  stop(): void {
    this.#stopping = true;
    this.#sleepDetector.flush();
  }

  destroy(): void {
    this.#stopWatching();
    this.#sleepDetector.discard();
    this.#listeners.clear();
    this.#microphone.stop();
  }

  #deliver(samples: Float32Array): void {
    this.#data(this.#resampler.push(samples));
    if (!this.#stopping) return;
    this.#data(this.#resampler.flush());
    this.#emit('end');
  }

  #data(samples: Float32Array): void {
    if (samples.length > 0) this.#emit('data', pcm16(samples));
  }

  #emit(event: string, value?: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value as never);
  }
}

/** The sample rate of the browser's audio: that of its output device. */
function nativeRate(): number {
  const context = new AudioContext();
  void context.close();
  return Math.round(context.sampleRate);
}

/** Makes decibri 5.7 throw the browser's own error: it would keep neither its name nor its cause. */
function keepErrors(microphone: object): void {
  Reflect.set(microphone, '_mapError', (error: unknown) => error);
}

/** Rejects if the browser keeps the audio suspended until a click: it would wait forever, before any prompt. */
async function rejectIfSuspended(started: Promise<void>, context: AudioContext | undefined): Promise<void> {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const suspended = new Promise<never>((_, reject) => {
    waiting = setTimeout(() => {
      if (context?.state !== 'suspended') return;
      void context.close();
      reject(new DOMException('the browser starts no audio before the user does something', 'InvalidStateError'));
    }, STARTING_MS);
  });
  try {
    await Promise.race([started, suspended]);
  } finally {
    clearTimeout(waiting);
  }
}

function contextOf(microphone: object): AudioContext | undefined {
  const context: unknown = Reflect.get(microphone, '_audioContext');
  return context instanceof AudioContext ? context : undefined;
}

function trackOf(microphone: object): MediaStreamTrack | undefined {
  const stream: unknown = Reflect.get(microphone, '_stream');
  return stream instanceof MediaStream ? stream.getAudioTracks()[0] : undefined;
}

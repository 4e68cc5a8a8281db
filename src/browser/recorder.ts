import { Microphone } from 'decibri';
import type { CaptureStream } from '../audio/capture.ts';
import { Lateness } from './lateness.ts';
import type { RecorderOptions } from './microphoneOptions.ts';
import { pcm16 } from './pcm16.ts';
import { Resampler } from './resampler.ts';
import { watch } from './watch.ts';

/** What a running recorder tells besides its audio. Handed to `onOpen`. */
export interface Recorder {
  /** Loudness of the latest chunk, 0 to 1; 0 without `vad`. */
  readonly vadScore: number;
  /** Calls the listener each time that `vad` finds the beginning or the end of speech. */
  on(event: 'speech' | 'silence', listener: () => void): unknown;
}

/** The part of decibri's `Microphone` for browsers that is used here. Its types are for Node where those are compiled. */
interface PageMicrophone extends Recorder {
  readonly isOpen: boolean;
  start(): Promise<void>;
  stop(): void;
  on(event: 'data', listener: (samples: Float32Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'speech' | 'silence', listener: () => void): unknown;
}

const DecibriMicrophone = Microphone as unknown as new (options: object) => PageMicrophone;

/** How long a chunk is unless told otherwise, in milliseconds. */
const CHUNK_MS = 20;
/** How many samples a chunk may have, says decibri. */
const LEAST_FRAMES = 64;
const MOST_FRAMES = 65_536;
/** How long the browser may take to start the audio of a page, in milliseconds, until it is taken to wait for a click. */
const STARTING_MS = 2000;

/** The length of a chunk as it comes, in milliseconds. */
export function chunkMs({ sampleRate = 16_000, framesPerBuffer }: RecorderOptions): number {
  return framesPerBuffer === undefined ? CHUNK_MS : (framesPerBuffer * 1000) / sampleRate;
}

/**
 * Opens decibri's recorder. Everything up to the question for permission happens before this returns, so that what is
 * started in a click happens in that click: Safari asks for it.
 */
export async function openRecorder(options: RecorderOptions): Promise<PageRecorder> {
  if (!('mediaDevices' in navigator)) throw withoutDevices();
  const recorder = new PageRecorder(options);
  await recorder.start();
  return recorder;
}

function withoutDevices(): DOMException {
  return isSecureContext
    ? new DOMException('there is none for this page', 'NotFoundError')
    : new DOMException(`the origin ${location.origin} is not secure, so its pages have none`, 'SecurityError');
}

/**
 * decibri's recorder at the rate of the device, its samples brought to the rate asked for here: where decibri 5.7 does
 * that itself it drops up to a sample of every 128 (14 s of an hour, from 48 kHz to 16), and what is above the band
 * sounds within it.
 */
export class PageRecorder implements Recorder, CaptureStream {
  readonly #microphone: PageMicrophone;
  readonly #resampler: Resampler;
  readonly #lateness: Lateness;
  readonly #isDefault: boolean;
  readonly #listeners = new Map<string, ((value: never) => void)[]>();
  #unwatch = (): void => undefined;
  #stopping = false;

  constructor(options: RecorderOptions) {
    const { sampleRate = 16_000, framesPerBuffer: _, ...rest } = options;
    const rate = nativeRate();
    const frames = Math.round((rate * chunkMs(options)) / 1000);
    this.#isDefault = options.device === undefined;
    this.#resampler = new Resampler(rate, sampleRate);
    this.#lateness = new Lateness(rate, chunkMs(options), {
      onTime: (samples) => this.#deliver(samples),
      lost: (error) => this.#emit('error', error),
    });
    this.#microphone = new DecibriMicrophone({
      ...rest,
      sampleRate: rate,
      framesPerBuffer: Math.min(Math.max(frames, LEAST_FRAMES), MOST_FRAMES),
      dtype: 'float32',
    });
    keepErrors(this.#microphone);
    this.#microphone.on('data', (samples) => this.#lateness.heard(samples));
    this.#microphone.on('error', (error) => this.#emit('error', error));
    this.#microphone.on('end', () => this.#emit('end'));
  }

  get isOpen(): boolean {
    return this.#microphone.isOpen;
  }

  get vadScore(): number {
    return this.#microphone.vadScore;
  }

  /** Resolves when the device captures, however long the user thinks about allowing it. */
  async start(): Promise<void> {
    const started = this.#microphone.start();
    const context = contextOf(this.#microphone);
    await orSuspended(started, context);
    this.#unwatch = watch({ context, track: trackOf(this.#microphone), isDefault: this.#isDefault }, (error) =>
      this.#emit('error', error),
    );
  }

  on(event: 'data', listener: (chunk: Uint8Array) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'end' | 'close' | 'speech' | 'silence', listener: () => void): void;
  on(event: string, listener: (value: never) => void): void {
    if (event === 'speech' || event === 'silence') this.#microphone.on(event, listener as () => void);
    else this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** Ends with the chunk under way, which decibri would drop. */
  stop(): void {
    this.#stopping = true;
    this.#lateness.settle();
  }

  destroy(): void {
    this.#unwatch();
    this.#lateness.clear();
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

/** The rate of the device that the browser plays on, which is that of all its audio. */
function nativeRate(): number {
  const context = new AudioContext();
  void context.close();
  return Math.round(context.sampleRate);
}

/** Lets decibri 5.7 throw what the browser threw: it would keep neither the name nor the cause. */
function keepErrors(microphone: object): void {
  Reflect.set(microphone, '_mapError', (error: unknown) => error);
}

/** Rejects when the browser lets the audio of the page wait for a click: without an end, and before it asks the user. */
async function orSuspended(started: Promise<void>, context: AudioContext | undefined): Promise<void> {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const suspended = new Promise<never>((_, reject) => {
    waiting = setTimeout(() => {
      if (context?.state !== 'suspended') return;
      void context.close();
      reject(new DOMException('the browser starts no audio before the user did something', 'InvalidStateError'));
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

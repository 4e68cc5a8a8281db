import { createRequire } from 'node:module';
import type { Model } from '../models.ts';
import type { EngineBuild } from './engineMessages.ts';

/** Every model takes 16 kHz mono. */
export const SAMPLE_RATE = 16_000;
/** Samples per step of the speech detector; the model accepts no other size at 16 kHz. */
export const VAD_WINDOW = 512;
/** How much audio the detector may keep, in seconds. We only ask whether speech is detected, and discard the rest. */
const VAD_BUFFER_S = 30;

/** Recognises the text of some speech. */
export type Recognise = (samples: Float32Array) => string;

/** Detects speech window by window. */
export interface SpeechDetector {
  /** Takes the next `VAD_WINDOW` samples and returns whether there is speech now. */
  readonly accept: (window: Float32Array) => boolean;
}

/** A recogniser that takes audio as it comes in, and its text so far. */
export interface OnlineStream {
  readonly accept: (samples: Float32Array) => void;
  readonly text: () => string;
  /** Recognises the audio so far: some models need audio after the last word before they report it. */
  readonly flush: () => void;
  /** Recognises the rest; nothing is accepted after that. */
  readonly finish: () => void;
  /** Starts the next turn. */
  readonly reset: () => void;
}

/** One interface to both builds of sherpa-onnx. */
export interface Sherpa {
  readonly build: EngineBuild;
  readonly offline: (model: Model, threads: number) => Recognise;
  readonly online: (model: Model, threads: number) => OnlineStream;
  readonly detector: (modelPath: string, minSpeechS: number, minSilenceS: number) => SpeechDetector;
}

/**
 * Loads the native addon, or the WebAssembly build where the addon does not load.
 *
 * @param build The only build to try.
 * @throws {Error} that names the package to install if there is none.
 */
export function loadSherpa(build?: EngineBuild): Sherpa {
  const require = createRequire(import.meta.url);
  const attempts = [
    { build: 'native', load: () => native(require('sherpa-onnx-node') as SherpaNode) },
    { build: 'wasm', load: () => wasm(require('sherpa-onnx') as SherpaWasm) },
  ] as const;
  const reasons: string[] = [];
  for (const attempt of attempts) {
    if (build !== undefined && attempt.build !== build) continue;
    try {
      return attempt.load();
    } catch (error) {
      if (!isNotInstalled(error)) reasons.push(firstLine(error));
    }
  }
  const failed = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  throw new Error(
    `the package sherpa-onnx-node is not installed or does not load${failed}: npm install sherpa-onnx-node`,
  );
}

function isNotInstalled(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

const FEATURES = { sampleRate: SAMPLE_RATE, featureDim: 80 };

function modelConfig({ files, kind, modelType }: Model, threads: number): object {
  const { tokens, ...own } = files;
  return {
    [kind]: kind === 'zipformer2Ctc' || kind === 'senseVoice' ? { model: own['model'] } : own,
    tokens,
    numThreads: threads,
    provider: 'cpu',
    debug: 0,
    ...(modelType !== undefined && { modelType }),
  };
}

function vadConfig(model: string, minSpeechDuration: number, minSilenceDuration: number): object {
  const sileroVad = {
    model,
    threshold: 0.5,
    minSpeechDuration,
    minSilenceDuration,
    maxSpeechDuration: 3600,
    windowSize: VAD_WINDOW,
  };
  return { sileroVad, sampleRate: SAMPLE_RATE, numThreads: 1, debug: 0 };
}

function detectorOver(vad: Vad): SpeechDetector {
  return {
    accept: (window) => {
      vad.acceptWaveform(window);
      while (!vad.isEmpty()) vad.pop();
      return vad.isDetected();
    },
  };
}

function onlineStream<Stream>(
  recogniser: OnlineRecogniser<Stream>,
  accept: OnlineStream['accept'],
  stream: Stream,
  end: () => void,
): OnlineStream {
  const decode = (): void => {
    while (recogniser.isReady(stream)) recogniser.decode(stream);
  };
  return {
    accept: (samples) => {
      accept(samples);
      decode();
    },
    text: () => recogniser.getResult(stream).text.trim(),
    flush: () => {
      accept(new Float32Array(SAMPLE_RATE));
      decode();
    },
    finish: () => {
      accept(new Float32Array(SAMPLE_RATE));
      end();
      decode();
    },
    reset: () => recogniser.reset(stream),
  };
}

function native(sherpa: SherpaNode): Sherpa {
  return {
    build: 'native',
    offline: (model, threads) => {
      const recogniser = new sherpa.OfflineRecognizer({
        featConfig: FEATURES,
        modelConfig: modelConfig(model, threads),
      });
      return (samples) => {
        const stream = recogniser.createStream();
        stream.acceptWaveform({ sampleRate: SAMPLE_RATE, samples });
        recogniser.decode(stream);
        return recogniser.getResult(stream).text.trim();
      };
    },
    online: (model, threads) => {
      const recogniser = new sherpa.OnlineRecognizer({
        featConfig: FEATURES,
        modelConfig: modelConfig(model, threads),
      });
      const stream = recogniser.createStream();
      const accept = (samples: Float32Array): void => stream.acceptWaveform({ sampleRate: SAMPLE_RATE, samples });
      return onlineStream(recogniser, accept, stream, () => stream.inputFinished());
    },
    detector: (path, minSpeechS, minSilenceS) =>
      detectorOver(new sherpa.Vad(vadConfig(path, minSpeechS, minSilenceS), VAD_BUFFER_S)),
  };
}

function wasm(sherpa: SherpaWasm): Sherpa {
  return {
    build: 'wasm',
    offline: (model, threads) => {
      const config = { featConfig: FEATURES, modelConfig: modelConfig(model, threads) };
      const recogniser = loaded(() => sherpa.createOfflineRecognizer(config));
      return (samples) => {
        const stream = recogniser.createStream();
        stream.acceptWaveform(SAMPLE_RATE, samples);
        recogniser.decode(stream);
        const { text } = recogniser.getResult(stream);
        stream.free(); // WebAssembly memory is not garbage-collected
        return text.trim();
      };
    },
    online: (model, threads) => {
      const config = { featConfig: FEATURES, modelConfig: modelConfig(model, threads) };
      const recogniser = loaded(() => sherpa.createOnlineRecognizer(config));
      const stream = recogniser.createStream();
      const accept = (samples: Float32Array): void => stream.acceptWaveform(SAMPLE_RATE, samples);
      return onlineStream(recogniser, accept, stream, () => stream.inputFinished());
    },
    detector: (path, minSpeechS, minSilenceS) => {
      const config = { ...vadConfig(path, minSpeechS, minSilenceS), bufferSizeInSeconds: VAD_BUFFER_S };
      return detectorOver(loaded(() => sherpa.createVad(config)));
    },
  };
}

/** The WebAssembly build throws numbers, or returns an object with handle 0, where the native one throws or aborts. */
function loaded<Loaded extends { readonly handle: number }>(create: () => Loaded): Loaded {
  let created: Loaded;
  try {
    created = create();
  } catch (error) {
    throw error instanceof Error ? error : new Error(`the model does not load (${String(error)})`);
  }
  if (!created.handle) throw new Error('the model does not load');
  return created;
}

/* The parts of the two packages that are used here; neither has types of its own. */
interface Vad {
  acceptWaveform(samples: Float32Array): void;
  isEmpty(): boolean;
  isDetected(): boolean;
  pop(): void;
}
interface Recogniser<Stream> {
  createStream(): Stream;
  decode(stream: Stream): void;
  getResult(stream: Stream): { readonly text: string };
}
interface OnlineRecogniser<Stream> extends Recogniser<Stream> {
  isReady(stream: Stream): boolean;
  reset(stream: Stream): void;
}
interface NodeStream {
  acceptWaveform(audio: { readonly sampleRate: number; readonly samples: Float32Array }): void;
  inputFinished(): void;
}
interface SherpaNode {
  readonly OfflineRecognizer: new (config: object) => Recogniser<NodeStream>;
  readonly OnlineRecognizer: new (config: object) => OnlineRecogniser<NodeStream>;
  readonly Vad: new (config: object, bufferSeconds: number) => Vad;
}
interface WasmStream {
  acceptWaveform(sampleRate: number, samples: Float32Array): void;
  inputFinished(): void;
  free(): void;
}
interface SherpaWasm {
  createOfflineRecognizer(config: object): Recogniser<WasmStream> & { readonly handle: number };
  createOnlineRecognizer(config: object): OnlineRecogniser<WasmStream> & { readonly handle: number };
  createVad(config: object): Vad & { readonly handle: number };
}

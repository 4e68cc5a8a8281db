import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ObservableInput } from 'rxjs';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { ControlMessage } from '../../operators/events.ts';
import { TranscriptionError } from '../errors.ts';
import { bool, checkOptionRules, integer, isRecord, object, oneOf, describeValue, text } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import type { RelaySettings } from '../streaming/relaySettings.ts';
import { SAMPLE_RATE } from './engine/sherpa.ts';
import type { EngineBuild } from './engine/engineMessages.ts';
import type { LocalSessionSettings } from './localSession.ts';
import { findModel } from './models.ts';

/** Options of `transcribeLocally()`. */
export interface LocalOptions {
  /** Directory of the model, as `rxscribe models get` creates it. */
  readonly model: string;
  /** Directory of a second, larger model that recognises each turn again when it has ended. @defaultValue none */
  readonly finalModel?: string;
  /** Path of the Silero model that detects speech. @defaultValue `silero_vad.onnx` in `model`, else the one of decibri */
  readonly vadModel?: string;
  /** Samples per second of the audio, in hertz. Every model takes 16000. @defaultValue 16000 */
  readonly sampleRate?: 16_000;
  /** The build of sherpa-onnx to use. @defaultValue `native` if its package loads, else `wasm` */
  readonly engine?: EngineBuild;
  /** Threads per recognition, 1 to 64. @defaultValue 1 */
  readonly threads?: number;
  /** Whether to emit partial turns. Without them the engine needs a fraction of the processor time. @defaultValue true */
  readonly partials?: boolean;
  /** Audio between two partials of a turn, in milliseconds, 100 to 10000. @defaultValue 500 */
  readonly partialEvery?: number;
  /** Silence that ends a turn whose text ends a sentence, in milliseconds, 100 to 10000. @defaultValue 400 */
  readonly minTurnSilence?: number;
  /** Silence that ends any turn, in milliseconds, 100 to 60000. @defaultValue 1000 */
  readonly maxTurnSilence?: number;
  /** The longest turn, in milliseconds, 2000 to 30000; longer speech is cut where it is quietest. @defaultValue 15000 */
  readonly maxTurn?: number;
  /** How long the engine may take to load its model, in milliseconds. @defaultValue 60000 */
  readonly connectTimeout?: number;
  /** How long the engine may hold audio without processing any, in milliseconds. @defaultValue 30000 */
  readonly stallTimeout?: number;
  /** How much audio is kept for an engine that falls behind or dies, in milliseconds, at least 10000. @defaultValue 300000 */
  readonly tapeLength?: number;
  /** How long the rest may take after the end of the audio, in milliseconds, beyond the length of that rest. @defaultValue 300000 */
  readonly endTimeout?: number;
  /** How long the engine may fail in a row before that is an error, in milliseconds. @defaultValue 300000 */
  readonly maxOutage?: number;
  /** Where an earlier process stopped, from `checkpoints()`; see `transcribe()`. @defaultValue the beginning */
  readonly from?: Checkpoint;
  /** `ForceEndpoint` ends the open turn; other messages have no effect here. */
  readonly control?: ObservableInput<ControlMessage>;
}

/** The checked options: what each session needs, and what the relay needs. */
export interface LocalSettings {
  readonly session: LocalSessionSettings;
  readonly relay: RelaySettings;
}

const LONGEST_MS = 2 ** 31 - 1;
const RULES: Readonly<Record<keyof LocalOptions, OptionRule>> = {
  model: text(),
  finalModel: text(),
  vadModel: text(),
  sampleRate: oneOf(SAMPLE_RATE),
  engine: oneOf('native', 'wasm'),
  threads: integer(1, 64),
  partials: bool,
  partialEvery: integer(100, 10_000, 'ms'),
  minTurnSilence: integer(100, 10_000, 'ms'),
  maxTurnSilence: integer(100, 60_000, 'ms'),
  maxTurn: integer(2000, 30_000, 'ms'),
  connectTimeout: integer(1, LONGEST_MS, 'ms'),
  stallTimeout: integer(1, LONGEST_MS, 'ms'),
  tapeLength: integer(10_000, LONGEST_MS, 'ms'),
  endTimeout: integer(1, LONGEST_MS, 'ms'),
  maxOutage: integer(1, LONGEST_MS, 'ms'),
  from: object,
  control: object,
};

/**
 * Checks the options of `transcribeLocally()` and looks at the files of the models.
 *
 * @throws {TypeError | RangeError} naming the option and its value.
 * @throws {TranscriptionError} of kind `engine` when a model is missing or incomplete, naming the file.
 */
export function checkLocalOptions(options: LocalOptions): LocalSettings {
  if (!isRecord(options)) throw new TypeError(`options must be an object, not ${describeValue(options)}`);
  checkOptionRules(options, RULES);
  if (options.model === undefined)
    throw new TypeError('model is missing: the directory of a model; see rxscribe models');
  const {
    minTurnSilence = 400,
    maxTurnSilence = 1000,
    maxTurn = 15_000,
    partials = true,
    stallTimeout = 30_000,
    connectTimeout = 60_000,
  } = options;
  if (minTurnSilence > maxTurnSilence) {
    throw new RangeError(`minTurnSilence (${minTurnSilence} ms) must not exceed maxTurnSilence (${maxTurnSilence} ms)`);
  }
  const model = asEngineError(() => findModel(options.model));
  const engine = {
    model,
    finalModel: options.finalModel === undefined ? undefined : asEngineError(() => findModel(options.finalModel ?? '')),
    vadModel: model.streaming ? undefined : asEngineError(() => findVadModel(options)),
    threads: options.threads ?? 1,
    turns: { partials, partialEvery: options.partialEvery ?? 500, minTurnSilence, maxTurnSilence, maxTurn },
    build: options.engine,
  };
  return {
    session: { engine, connectTimeout, stallTimeout },
    relay: {
      format: { sampleRate: SAMPLE_RATE, encoding: 'pcm_s16le' },
      hasPartials: partials,
      connectTimeout,
      from: options.from,
      catchUpSpeed: Infinity, // the engine pauses its source when it has enough
      reconnect: true,
      maxOutage: options.maxOutage ?? 300_000,
      stallTimeout,
      tapeLength: options.tapeLength ?? 300_000,
      endTimeout: options.endTimeout ?? 300_000,
    },
  };
}

function findVadModel({ model, vadModel }: LocalOptions): string {
  if (vadModel !== undefined) {
    if (existsSync(vadModel)) return vadModel;
    throw new Error(`there is no speech detector at ${vadModel}`);
  }
  const own = join(model, 'silero_vad.onnx');
  if (existsSync(own)) return own;
  try {
    const bundled = join(dirname(createRequire(import.meta.url).resolve('decibri')), '..', 'models', 'silero_vad.onnx');
    if (existsSync(bundled)) return bundled;
  } catch {
    // decibri is an optional dependency
  }
  throw new Error(`there is no silero_vad.onnx in ${model}: put one there, or install decibri, which contains it`);
}

function asEngineError<Result>(find: () => Result): Result {
  try {
    return find();
  } catch (error) {
    throw new TranscriptionError('engine', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

import type { SessionEvent } from '../../streaming/message.ts';
import type { Model } from '../models.ts';

/** What the engine process is started with. It travels as a command line argument, so it holds no secret. */
export interface EngineConfig {
  readonly model: Model;
  /** A second model that recognises each turn again when it has ended. */
  readonly finalModel?: Model | undefined;
  /** Path of the Silero model that detects speech; streaming models need none. */
  readonly vadModel: string | undefined;
  /** Threads per recognition. */
  readonly threads: number;
  readonly turns: TurnOptions;
  /** The only build to try. @defaultValue the native one if it loads, else WebAssembly */
  readonly build?: EngineBuild | undefined;
}

export type EngineBuild = 'native' | 'wasm';

/** When turns end and how often partials are emitted; milliseconds of audio. */
export interface TurnOptions {
  readonly partials: boolean;
  readonly partialEvery: number;
  readonly minTurnSilence: number;
  readonly maxTurnSilence: number;
  readonly maxTurn: number;
}

/** From the session to its engine. */
export type EngineInput =
  /** `waiting` counts the bytes that the engine has not processed, these included. */
  | { readonly type: 'audio'; readonly bytes: Uint8Array; readonly waiting: number }
  | { readonly type: 'forceEndpoint' }
  /** The audio is complete: recognise the rest, report `Termination` and exit. */
  | { readonly type: 'end' };

/** From the engine to its session. */
export type EngineOutput =
  | { readonly type: 'ready'; readonly build: EngineBuild; readonly loadMs: number }
  /** So many bytes of audio were processed. */
  | { readonly type: 'processed'; readonly bytes: number }
  | { readonly type: 'event'; readonly event: SessionEvent }
  /** The engine cannot start. */
  | { readonly type: 'failed'; readonly reason: string };

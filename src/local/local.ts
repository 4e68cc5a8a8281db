import { defer, finalize, tap } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import type { Fallback, FallbackRecogniser } from '../streaming/relaySettings.ts';
import { SAMPLE_RATE } from './engine/sherpa.ts';
import { EngineChild } from './engineChild.ts';
import { engineError, localSession } from './localSession.ts';
import type { LocalSessionSettings } from './localSession.ts';
import { checkLocalOptions } from './options.ts';
import type { LocalOptions } from './options.ts';

/** Options that belong to the transcription, not to its fallback. */
const OF_TRANSCRIBE = ['from', 'control', 'tapeLength', 'endTimeout', 'maxOutage', 'sampleRate'] as const;

/** Options of `local()`: those of `transcribeLocally()` that are not options of `transcribe()`. */
export type FallbackOptions = Omit<LocalOptions, (typeof OF_TRANSCRIBE)[number]>;

/**
 * Creates the option `fallback` of `transcribe()`: a model on this device recognises the audio while the service is out of
 * reach.
 *
 * One engine process waits with its model loaded, so that it begins at once. After the service has taken over again, another
 * one is started.
 *
 * @example
 * import { microphone, transcribe } from 'rxscribe';
 * import { local } from 'rxscribe/local';
 * import { bufferBytes, finals } from 'rxscribe/operators';
 *
 * const apiKey = process.env.ASSEMBLYAI_API_KEY;
 * const fallback = local({ model: 'models/moonshine-tiny-en' });
 * microphone()
 *   .pipe(bufferBytes(3200), transcribe({ apiKey, speechModel: 'universal-3-6-pro', sampleRate: 16_000, fallback }), finals())
 *   .subscribe((turn) => console.log(turn.transcript));
 *
 * @param options `model` is the directory of a model; the rest has defaults.
 * @throws {TypeError | RangeError} when an option is missing, unknown or out of range.
 * @throws {TranscriptionError} of kind `engine` when a file of the model is missing or incomplete.
 */
export function local(options: FallbackOptions): Fallback {
  const foreign = OF_TRANSCRIBE.find((name) => Object.hasOwn(Object(options) as object, name));
  if (foreign) throw new TypeError(`${foreign} is an option of transcribe(), not of local()`);
  const { session } = checkLocalOptions(options);
  return { sampleRate: SAMPLE_RATE, start: (onFailure) => new WaitingEngine(session, onFailure) };
}

/** Keeps one engine ready whose model is loaded. */
class WaitingEngine implements FallbackRecogniser {
  readonly #settings: LocalSessionSettings;
  readonly #onFailure: (error: TranscriptionError) => void;
  #waiting: EngineChild | undefined;
  #isClosed = false;

  constructor(settings: LocalSessionSettings, onFailure: (error: TranscriptionError) => void) {
    this.#settings = settings;
    this.#onFailure = onFailure;
    this.#prepare();
  }

  readonly open: FallbackRecogniser['open'] = (input) =>
    defer(() => {
      let isBroken = false;
      return localSession(input, this.#settings, () => this.#take()).pipe(
        tap({ error: (error: unknown) => (isBroken = error instanceof TranscriptionError && !error.retryable) }),
        // a model that does not load would not load next time
        finalize(() => void (isBroken || this.#prepare())),
      );
    });

  close(): void {
    this.#isClosed = true;
    this.#waiting?.kill();
  }

  #take(): EngineChild {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting ?? new EngineChild(this.#settings.engine);
  }

  #prepare(): void {
    if (this.#isClosed || this.#waiting) return;
    this.#waiting = new EngineChild(this.#settings.engine, (reason) => {
      if (!this.#isClosed && this.#waiting) this.#onFailure(engineError(reason, false));
      this.#waiting = undefined;
    });
  }
}

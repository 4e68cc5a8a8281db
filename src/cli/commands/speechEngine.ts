import { Subject, tap } from 'rxjs';
import type { ControlMessage } from '../../../operators/events.ts';
import { Resampler } from '../../audio/resampler.ts';
import { pcm16 } from '../../audio/pcm16.ts';
import { emitWithBackpressure } from '../../backpressure.ts';
import type { TurnOptions } from '../../local/engine/engineMessages.ts';
import { localSession } from '../../local/localSession.ts';
import type { LocalSessionSettings } from '../../local/localSession.ts';
import { checkLocalOptions } from '../../local/options.ts';
import type { EngineSession, SpeechEngine, SpeechEngineFactory } from '../../simulator/index.ts';
import type { SessionTurn } from '../../streaming/finalDetector.ts';
import type { SessionEvent } from '../../streaming/message.ts';

/** Every model takes 16 kHz. */
const SAMPLE_RATE = 16_000;
/** The longest audio that may wait for an engine, in bytes: ten minutes. */
const MAX_WAITING_BYTES = 10 * 60 * SAMPLE_RATE * 2;
/** Words of the protocol have a confidence, which models on this device do not report. */
const UNKNOWN_CONFIDENCE = 0.5;

/**
 * Recognises the audio of the local service's sessions with a model on this device; each session has an engine.
 *
 * @param onError Called with the failure of an engine; the client connects again.
 */
export function speechEngine(model: string, onError: (error: unknown) => void): SpeechEngineFactory {
  const { session: settings } = checkLocalOptions({ model });
  return (session) => {
    const { engine } = settings;
    const turns = turnOptions(engine.turns, session.parameters);
    return new DeviceEngine(session, { ...settings, engine: { ...engine, turns } }, onError);
  };
}

class DeviceEngine implements SpeechEngine {
  readonly #session: EngineSession;
  readonly #resampler: Resampler | undefined;
  readonly #input = new Subject<Uint8Array | ControlMessage>();
  readonly #running: { unsubscribe(): void };
  /** What waits for the engine, which takes at most 2 s of audio ahead; the socket must stay open for pings. */
  readonly #waiting: (Uint8Array | ControlMessage)[] = [];
  #waitingBytes = 0;
  #isBusy = true;
  #isEnding = false;

  constructor(session: EngineSession, settings: LocalSessionSettings, onError: (error: unknown) => void) {
    const { sampleRate } = session;
    this.#session = session;
    this.#resampler = sampleRate === SAMPLE_RATE ? undefined : new Resampler(sampleRate, SAMPLE_RATE);
    const input$ = this.#input.pipe(tap({ subscribe: () => queueMicrotask(() => this.#resume()) }));
    this.#running = localSession(input$, settings).subscribe({
      next: (event) => this.#receive(event),
      error: (error: unknown) => {
        onError(error);
        session.fail();
      },
      complete: () => session.complete(),
    });
  }

  push(pcm: Uint8Array): void {
    const bytes = this.#resampler ? pcm16(this.#resampler.push(samplesOf(pcm))) : pcm;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#session.fail();
    if (bytes.length > 0) this.#send(bytes);
  }

  forceEndpoint(): void {
    this.#send({ type: 'ForceEndpoint' });
  }

  end(): void {
    this.#isEnding = true;
    if (!this.#isBusy) this.#input.complete();
  }

  close(): void {
    this.#running.unsubscribe();
  }

  #send(item: Uint8Array | ControlMessage): void {
    this.#waiting.push(item);
    if (!this.#isBusy) this.#resume();
  }

  #resume(): void {
    this.#isBusy = false;
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      const next = item;
      if (next instanceof Uint8Array) this.#waitingBytes -= next.length;
      const held = emitWithBackpressure(() => this.#input.next(next));
      if (!held) continue;
      this.#isBusy = true;
      void held.then(() => this.#resume());
      return;
    }
    if (this.#isEnding) this.#input.complete();
  }

  #receive(event: SessionEvent): void {
    const { parameters, send } = this.#session;
    const isWanted = event.type === 'Turn' && (event.isFinal || parameters['include_partial_turns'] !== 'false');
    if (isWanted) send(turnMessage(event));
    if (event.type === 'SpeechStarted' || event.type === 'Warning') send({ ...event });
  }
}

/** Writes a turn as the service does, `type` last. */
function turnMessage({ isFinal: _, type, words, utterance, ...turn }: SessionTurn): { readonly type: string } {
  const wireWords = words.map(({ start, end, text, word_is_final }) => ({
    start,
    end,
    text,
    confidence: UNKNOWN_CONFIDENCE,
    word_is_final,
  }));
  return Object.assign(turn, { words: wireWords, utterance: utterance ?? '', type });
}

/** The silences that the client asks for, as far as the engine accepts them. */
function turnOptions(turns: TurnOptions, parameters: EngineSession['parameters']): TurnOptions {
  const given = (name: string, value: number): number => Math.max(100, Number(parameters[name] ?? value));
  const maxTurnSilence = given('max_turn_silence', turns.maxTurnSilence);
  return {
    ...turns,
    maxTurnSilence,
    minTurnSilence: Math.min(maxTurnSilence, given('min_turn_silence', turns.minTurnSilence)),
  };
}

function samplesOf(pcm: Uint8Array): Float32Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Float32Array.from({ length: pcm.byteLength >> 1 }, (_, index) => view.getInt16(index * 2, true) / 32_768);
}

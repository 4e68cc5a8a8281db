import { formatOf, toPcm, type AudioFormat } from './audioFormat.ts';
import { speakerLabelsOf, turnSettingsOf, turnStyleOf, withUpdate, type Formatting } from './configuration.ts';
import type { Parameters, ParameterUpdate } from './parameters.ts';
import type { Recogniser, RecogniserFactory } from './recogniser.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import { TurnLogic } from './turnLogic.ts';

/** Turns the audio of one session into messages. */
export class AudioPipeline {
  readonly format: AudioFormat;
  readonly #formatting: Formatting;
  readonly #recogniser: Recogniser;
  readonly #turns: TurnLogic;
  #parameters: Parameters;

  constructor(parameters: Parameters, recogniser: RecogniserFactory, formatting: Formatting) {
    this.format = formatOf(parameters);
    this.#parameters = parameters;
    this.#formatting = formatting;
    this.#recogniser = recogniser(this.format.sampleRate);
    const speakers = speakerLabelsOf(parameters);
    this.#turns = new TurnLogic(turnStyleOf(parameters), turnSettingsOf(parameters, formatting), speakers);
  }

  /** The parameters, with all updates applied. */
  get parameters(): Parameters {
    return this.#parameters;
  }

  /** Length of `bytes` bytes in milliseconds; 0 for compressed audio. */
  lengthMs(bytes: number): number {
    return bytes / (this.format.bytesPerMs ?? Infinity);
  }

  /** Converts audio to 16-bit signed little endian; compressed audio becomes no bytes. */
  toPcm(bytes: Uint8Array): Uint8Array {
    return toPcm(bytes, this.format.encoding);
  }

  push(bytes: Uint8Array): ServiceMessage[] {
    const words = this.#recogniser.push(this.toPcm(bytes));
    return this.#turns.advance(this.#recogniser.settledMs, words);
  }

  /** Changes the parameters for the audio that follows. */
  update(update: ParameterUpdate): void {
    this.#parameters = withUpdate(this.#parameters, update);
    this.#turns.settings = turnSettingsOf(this.#parameters, this.#formatting);
  }

  /** Ends the open turn now. */
  forceEndpoint(): ServiceMessage[] {
    const words = this.#recogniser.flush?.() ?? [];
    return [...this.#turns.advance(this.#recogniser.settledMs, words), ...this.#turns.forceEndpoint()];
  }

  /** Sends an empty final as soon as no turn is open. */
  emptyFinal(): ServiceMessage[] {
    return this.#turns.emptyFinal();
  }

  /** Ends the open turn; no more audio follows. */
  finish(): ServiceMessage[] {
    const last = this.#turns.advance(this.#recogniser.settledMs, this.#recogniser.end());
    return [...last, ...this.#turns.finish()];
  }
}

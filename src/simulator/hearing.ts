import { formatOf, toPcm, type AudioFormat } from './audioFormat.ts';
import { settingsOf, styleOf, updated, type Formatting } from './configuration.ts';
import type { Parameters } from './parameters.ts';
import type { Recogniser, RecogniserFactory } from './recogniser.ts';
import { SpeakerLabels } from './speakerLabels.ts';
import type { Message } from './turn.ts';
import { TurnLogic } from './turnLogic.ts';

/** What one session makes of its audio: bytes in, messages out. */
export class Hearing {
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
    const speakers = parameters['speaker_labels'] === 'true' ? new SpeakerLabels() : undefined;
    this.#turns = new TurnLogic(styleOf(parameters), settingsOf(parameters, formatting), speakers);
  }

  /** The parameters as they stand after all updates. */
  get parameters(): Parameters {
    return this.#parameters;
  }

  /** Length of so many bytes in milliseconds; 0 for compressed audio. */
  lengthMs(bytes: number): number {
    return bytes / (this.format.bytesPerMs ?? Infinity);
  }

  hear(bytes: Uint8Array): Message[] {
    const heard = this.#recogniser.push(toPcm(bytes, this.format.encoding));
    return this.#turns.advance(this.#recogniser.settledMs, heard);
  }

  /** Changes the parameters for the audio that follows. */
  update(update: Parameters): void {
    this.#parameters = updated(this.#parameters, update);
    this.#turns.settings = settingsOf(this.#parameters, this.#formatting);
  }

  /** Ends the open turn now. */
  force(): Message[] {
    return this.#turns.force();
  }

  /** Tells an empty final as soon as no turn is open. */
  tellNothing(): Message[] {
    return this.#turns.empty();
  }

  /** No more audio follows. */
  finish(): Message[] {
    const last = this.#turns.advance(this.#recogniser.settledMs, this.#recogniser.end());
    return [...last, ...this.#turns.finish()];
  }
}

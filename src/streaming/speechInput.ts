import { EMPTY, catchError, ignoreElements, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { PcmFormat } from '../audio/pcm.ts';
import { SpeechDetector } from '../audio/speechDetector.ts';

/** Returns whether there is speech in a frame, or emits `true` when speech begins and `false` when it ends. */
export type DetectSpeech = ((frame: Uint8Array) => boolean) | Observable<boolean>;

/** Decides which frames contain speech: with a function or an Observable of the app, or by their level. */
export class SpeechInput {
  /** Subscribed during the transcription; it follows the Observable of the app, if there is one. */
  readonly signal$: Observable<never> = EMPTY;
  readonly #onFailure: (text: string) => void;
  #detect: (frame: Uint8Array) => boolean;
  /** Whether there is speech according to the Observable, and whether there was any since the last frame. */
  #isOn: boolean | undefined;
  #wasOn = true;

  /** @param onFailure Called with the reason once the app's detector fails: all audio counts as speech from then on. */
  constructor(format: PcmFormat, detectSpeech: DetectSpeech | undefined, onFailure: (text: string) => void) {
    this.#onFailure = onFailure;
    // the app gets a copy: the memory of the frame is used again
    if (typeof detectSpeech === 'function') this.#detect = (frame) => detectSpeech(frame.slice());
    else if (detectSpeech) {
      this.#detect = () => this.#latest();
      this.signal$ = detectSpeech.pipe(
        tap((isOn) => {
          this.#wasOn = isOn || (this.#isOn !== undefined && this.#wasOn);
          this.#isOn = isOn;
        }),
        catchError((error: unknown) => {
          this.#failed(error);
          return EMPTY;
        }),
        ignoreElements(),
      );
    } else {
      const detector = new SpeechDetector(format);
      this.#detect = (frame) => detector.detect(frame);
    }
  }

  /** Whether there is speech in a frame. */
  isSpeech(frame: Uint8Array): boolean {
    try {
      return this.#detect(frame);
    } catch (error) {
      this.#failed(error);
      return true;
    }
  }

  #latest(): boolean {
    const wasOn = this.#wasOn;
    this.#wasOn = this.#isOn ?? true;
    return wasOn;
  }

  #failed(error: unknown): void {
    this.#detect = () => true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onFailure(`detectSpeech failed, so all audio counts as speech: ${reason}`);
  }
}

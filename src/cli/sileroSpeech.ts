import { catchError, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { errorDetails } from '../audio/errorDetails.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { microphoneSpeech } from './microphoneSpeech.ts';

/** Detects speech with the scores of a recorder, or by the level alone where the runtime of Silero is not there. */
export class SileroSpeech {
  readonly detect: (frame: Uint8Array) => boolean;
  #recorder: { readonly vadScore: number } | undefined;

  constructor(format: PcmFormat) {
    this.detect = microphoneSpeech(format, () => this.#recorder?.vadScore);
  }

  /** Uses the scores of a recorder that was opened with Silero. */
  follow(recorder: { readonly vadScore: number }): void {
    this.#recorder = recorder;
  }

  /**
   * Records with Silero, or without it where its runtime is not there.
   *
   * @param record Creates the microphone; it is given this if the recorder should run Silero.
   */
  record(record: (speech?: SileroSpeech) => Observable<Uint8Array>): Observable<Uint8Array> {
    return record(this).pipe(
      catchError((error: unknown) => (needsRuntime(error) ? record() : throwError(() => error))),
    );
  }
}

/** Whether the recorder failed because the runtime of Silero is not there. */
function needsRuntime(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return /^(ORT|VAD|MODEL)_/.test(errorDetails(cause).code);
}

// What each of the components here is given: opens the microphone, until `stop` emits. The server gives out the tokens.
import type { Observable } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import type { TranscriptionEvent } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';
import { tokenFrom } from 'rxscribe/tokens';

/** Opens a transcription that ends gracefully, with the last words, once `stop` emits. */
export type Open = (stop: Observable<void>) => Observable<TranscriptionEvent>;

export const open: Open = (stop) =>
  microphone({ stop }).pipe(
    bufferBytes(3200),
    transcribe({ token: tokenFrom('/token'), speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
  );

// Opens a transcription of the microphone; the components receive this function. A tokenHandler must serve /token.
import type { Observable } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import type { TranscriptionEvent } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';
import { tokenFrom } from 'rxscribe/tokens';

/** Opens a transcription. When `stop` emits, it ends gracefully, with the last words. */
export type Open = (stop: Observable<void>) => Observable<TranscriptionEvent>;

export const open: Open = (stop) =>
  microphone({ stop }).pipe(
    bufferBytes(3200),
    transcribe({ token: tokenFrom('/token'), speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
  );

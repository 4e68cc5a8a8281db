import { Subject, catchError, connect, defer, endWith, finalize, map, merge, of, startWith } from 'rxjs';
import type { Observable } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import type { TranscriptionError, TranscriptionEvent } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';
import { tokenFrom } from 'rxscribe/tokens';
import { loudness } from './loudness.ts';

/** All that happens from the press of the button to the end. */
export type Happening =
  | { readonly type: 'Asking' } // the user, for the microphone
  | { readonly type: 'Opened' }
  | { readonly type: 'Lost'; readonly message: string }
  | { readonly type: 'Started' }
  | { readonly type: 'Heard'; readonly loudness: number }
  | { readonly type: 'Told'; readonly event: TranscriptionEvent }
  | { readonly type: 'Silenced' } // no more audio comes; the last words do
  | { readonly type: 'Failed'; readonly error: TranscriptionError }
  | { readonly type: 'Ended' };

/** Where the service is, if it is not AssemblyAI's. */
const service = document.querySelector<HTMLMetaElement>('meta[name=service]')?.content;

/** Transcribes audio. Never errors: a failure is the last that happens. */
export function listen(audio: Observable<Uint8Array>): Observable<Happening> {
  const happening = (what: Happening): Happening => what;
  const transcription = transcribe({
    token: tokenFrom('/token'),
    speechModel: 'u3-rt-pro',
    sampleRate: 16_000,
    ...(service && { websocketBaseUrl: service }),
  });
  return audio.pipe(
    // one recorder, two views of it
    connect((chunk$) =>
      merge(
        chunk$.pipe(
          map((chunk) => happening({ type: 'Heard', loudness: loudness(chunk) })),
          endWith(happening({ type: 'Silenced' })),
        ),
        chunk$.pipe(
          bufferBytes(3200),
          transcription,
          map((event) => happening({ type: 'Told', event })),
        ),
      ),
    ),
    startWith(happening({ type: 'Started' })),
    endWith(happening({ type: 'Ended' })),
    catchError((error: TranscriptionError) => of(happening({ type: 'Failed', error }))),
  );
}

/** Transcribes the microphone, until `stop` emits and the last words were told. */
export function listenToMicrophone(stop: Observable<unknown>): Observable<Happening> {
  return defer(() => {
    const device = new Subject<Happening>();
    const audio = microphone({
      stop,
      onOpen: () => device.next({ type: 'Opened' }),
      onLost: ({ message }) => device.next({ type: 'Lost', message }),
    });
    return merge(device, listen(audio).pipe(finalize(() => device.complete())));
  }).pipe(startWith<Happening>({ type: 'Asking' }));
}

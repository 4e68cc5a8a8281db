import {
  Subject,
  catchError,
  connect,
  defer,
  endWith,
  finalize,
  map,
  merge,
  of,
  skip,
  startWith,
  switchMap,
  takeUntil,
} from 'rxjs';
import type { Observable } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import { audioFile, microphone, transcribe } from 'rxscribe';
import type { TranscriptionEvent } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';
import { tokenFrom } from 'rxscribe/tokens';
import { loudness } from './loudness.ts';

/** Everything that happens between the start and the end of a dictation. */
export type Activity =
  | { readonly type: 'PermissionRequested' }
  | { readonly type: 'MicrophoneOpened' }
  | { readonly type: 'MicrophoneLost'; readonly message: string }
  | { readonly type: 'Started' }
  | { readonly type: 'Level'; readonly loudness: number }
  | { readonly type: 'Transcription'; readonly event: TranscriptionEvent }
  | { readonly type: 'AudioEnded' } // the last words are still to come
  | { readonly type: 'Failed'; readonly message: string }
  | { readonly type: 'Ended' };

/** The address of the service, unless it is AssemblyAI's. */
const service = document.querySelector<HTMLMetaElement>('meta[name=service]')?.content;

/** Transcribes the microphone. `stop` ends it: the first time with the last words, the second time at once. */
export function listenToMicrophone(stop: Observable<unknown>): Observable<Activity> {
  return defer(() => {
    const device = new Subject<Activity>();
    const audio = microphone({
      stop,
      onOpen: () => device.next({ type: 'MicrophoneOpened' }),
      onLost: ({ message }) => device.next({ type: 'MicrophoneLost', message }),
    });
    return merge(device, listen(audio, stop).pipe(finalize(() => device.complete())));
  }).pipe(startWith<Activity>({ type: 'PermissionRequested' }));
}

/** Transcribes a recording, likewise. */
export function listenToFile(file: Blob, stop: Observable<unknown>): Observable<Activity> {
  return listen(audioFile(file, { stop }), stop);
}

/** Transcribes the recording at an address, likewise. */
export function listenToUrl(url: string, stop: Observable<unknown>): Observable<Activity> {
  const file = fromFetch(url, { selector: blobOf }).pipe(takeUntil(stop));
  return listen(file.pipe(switchMap((blob) => audioFile(blob, { stop }))), stop);
}

async function blobOf(response: Response): Promise<Blob> {
  if (!response.ok) throw new Error(`cannot load ${response.url}: HTTP ${response.status}`);
  return response.blob();
}

/** Never errors: a failure is the last activity. */
function listen(audio: Observable<Uint8Array>, stop: Observable<unknown>): Observable<Activity> {
  const activity = (one: Activity): Activity => one;
  const transcription = transcribe({
    token: tokenFrom('/token'),
    speechModel: 'universal-3-6-pro',
    sampleRate: 16_000,
    ...(service && { websocketBaseUrl: service }),
  });
  return audio.pipe(
    // one recorder, two views of it
    connect((chunk$) =>
      merge(
        chunk$.pipe(
          map((chunk) => activity({ type: 'Level', loudness: loudness(chunk) })),
          endWith(activity({ type: 'AudioEnded' })),
        ),
        chunk$.pipe(
          bufferBytes(3200),
          transcription,
          map((event) => activity({ type: 'Transcription', event })),
        ),
      ),
    ),
    takeUntil(stop.pipe(skip(1))),
    startWith(activity({ type: 'Started' })),
    endWith(activity({ type: 'Ended' })),
    catchError(({ message }: Error) => of(activity({ type: 'Failed', message }))),
  );
}

import type { Observable } from 'rxjs';
import { liveSource } from '../audio/liveSource.ts';
import type { LiveOptions } from '../audio/liveSource.ts';
import { mayComeBack, microphoneFailure } from './microphoneFailure.ts';
import { checkRecorder } from './microphoneOptions.ts';
import type { RecorderOptions } from './microphoneOptions.ts';
import { chunkMs, openRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';

/** Every option of decibri's `Microphone` for browsers, how to stop it and listen to it, and what if it is lost. */
export type MicrophoneOptions = RecorderOptions & LiveOptions<Recorder>;

/**
 * Records the microphone in a page: 16-bit little-endian mono PCM, in chunks of 20 ms unless `framesPerBuffer` says
 * otherwise.
 *
 * Cold, live, and recovering as in Node: a device that was there and is lost is opened again, after 250 ms and then after
 * twice as long each time, up to 5 s, with silence in its place. The browser asks the user for permission when it is
 * subscribed to; do that in a listener for clicks or keys, since browsers start no audio before one.
 *
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | the chunk under way awaited, 2 s at most | the rest, then complete |
 * | unsubscribe | closed at once: the page no longer records | nothing |
 * | permission denied, no device, insecure origin, no click yet | | `TranscriptionError`, kind `microphone` |
 * | the device is unplugged or fails, or the browser suspends the page's audio | closed, opened again | `onLost`, silence, then audio |
 * | no chunk for 2 s; the computer or the tab slept for longer than that | closed, opened again | `onLost`, the silence due at once, then the same |
 * | another device becomes the default one, and none was asked for | closed, opened again | `onLost`, silence, then audio from that one |
 * | permission is revoked | closed | `onLost`, silence, then `TranscriptionError`, kind `microphone` |
 * | it is away for `maxAbsence` | closed | `TranscriptionError`, what began the absence as its `cause` |
 * | the track is muted, by the browser or a key | goes on | silence, as audio |
 *
 * @example
 * import { exhaustMap, fromEvent } from 'rxjs';
 * import { microphone } from 'rxscribe';
 * fromEvent(document, 'click')
 *   .pipe(exhaustMap(() => microphone({ stop: AbortSignal.timeout(5000) })))
 *   .subscribe((chunk) => console.log(chunk.length));
 *
 * @param options See decibri's `Microphone` for browsers. What only Node has is refused, with a reason.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted, or unknown.
 */
export function microphone(options: MicrophoneOptions = {}): Observable<Uint8Array> {
  const { stop, onOpen, onLost, maxAbsence, ...recorderOptions } = options;
  checkRecorder(recorderOptions);
  return liveSource(
    {
      open: () => openRecorder(recorderOptions),
      failure: microphoneFailure,
      mayComeBack,
      sampleRate: recorderOptions.sampleRate ?? 16_000,
      chunkMs: chunkMs(recorderOptions),
    },
    options,
  );
}

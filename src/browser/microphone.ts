import type { Observable } from 'rxjs';
import { liveSource } from '../audio/liveSource.ts';
import type { LiveOptions } from '../audio/liveSource.ts';
import { mayComeBack, microphoneFailure } from './microphoneFailure.ts';
import { checkRecorderOptions } from './microphoneOptions.ts';
import type { RecorderOptions } from './microphoneOptions.ts';
import { chunkMs, openRecorder } from './pageRecorder.ts';
import type { Recorder } from './pageRecorder.ts';

/** Options of `microphone()` in a browser. */
export type MicrophoneOptions = RecorderOptions & LiveOptions<Recorder>;

/**
 * Records the microphone in a page: 16-bit little-endian mono PCM, by default in chunks of 20 ms.
 *
 * Cold, live, and recovering as in Node: a device that delivered and is lost is reopened after 250 ms, 500 ms, and then
 * each second, with silence in its place. The browser asks the user for permission on subscription. Subscribe
 * in a click or key listener, because browsers start no audio before the user did something.
 *
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | finishes its current chunk, within 2 s | that chunk, then complete |
 * | unsubscribe | closed at once | nothing |
 * | permission denied, no device, insecure origin, no click yet | | `TranscriptionError`, kind `microphone` |
 * | the device is unplugged or fails, or the browser suspends the page's audio | reopened | `onLost`, silence, then audio |
 * | no chunk for 2 s, or the computer or the tab slept for longer | reopened | `onLost`, the missing silence, then audio |
 * | another device becomes the default, and `device` is not set | reopened | `onLost`, silence, then audio of the new device |
 * | permission is revoked | closed | `onLost`, silence, then `TranscriptionError`, kind `microphone` |
 * | it is absent for `maxAbsence` | closed | `TranscriptionError`; its `cause` is the first failure |
 * | the track is muted, by the browser or a key | keeps recording | silence, as audio |
 *
 * @example
 * import { exhaustMap, fromEvent } from 'rxjs';
 * import { microphone } from 'rxscribe';
 * fromEvent(document, 'click')
 *   .pipe(exhaustMap(() => microphone({ stop: AbortSignal.timeout(5000) })))
 *   .subscribe((chunk) => console.log(chunk.length));
 *
 * @param options See decibri's `Microphone` for browsers. Options that only Node supports are refused.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted or unknown.
 */
export function microphone(options: MicrophoneOptions = {}): Observable<Uint8Array> {
  const { stop, onOpen, onLost, maxAbsence, ...recorderOptions } = options;
  checkRecorderOptions(recorderOptions);
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

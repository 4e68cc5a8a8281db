import type { Observable } from 'rxjs';
import { microphoneSource } from './microphoneSource.ts';
import type { MicrophoneOptions } from './microphoneSource.ts';

export type { MicrophoneOptions } from './microphoneSource.ts';

/**
 * Records a microphone: 16-bit little-endian mono PCM, in the chunks that the recorder delivers. With `channels`,
 * several channels stay interleaved for `splitChannels`.
 *
 * Cold: each subscription opens its own recorder, in a child process, because native audio code can hang or abort: that
 * then costs a gap and no more. It is live, so a consumer cannot pause it. The chunks are 100 ms each by default (`framesPerBuffer` 1600 at `sampleRate` 16000),
 * and shorter at the end and on some systems: `bufferBytes` makes frames of them.
 *
 * ```text
 * microphone   --a-b-c-d-
 * stop         --------s
 * result       --a-b-c-d-e|     e: what the recorder still held
 * ```
 *
 * A device that has delivered and is lost is opened again, after 250 ms, 500 ms and then each second. Only the
 * same device is opened, even if `device` is an index that names another one by then.
 * Until audio is back, silence fills the gap in real time: zero samples, 100 ms at a time and never more than 1000 ms. The
 * output stays as long as the time that passes, so open turns end, the connection stays busy and timestamps stay correct.
 * `transcribe` reports these stretches as `AudioGap`s.
 *
 * ```text
 * recorder 1   --a-b-#
 * recorder 2                    -c-d-
 * result       --a-b---z-z-z-z---c-d-   z: silence
 * ```
 *
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | stopped, its rest awaited for at most 2 s | the rest, then complete |
 * | `stop` emits while the device is being opened, or is lost | destroyed once opened | complete |
 * | `stop` completes without emitting | continues | continues |
 * | `stop` errors | stopped and destroyed | that error |
 * | unsubscribe | stopped and destroyed at once | nothing |
 * | unsubscribe while the device is being opened | destroyed once opened | nothing |
 * | the device cannot be opened at first, or delivers nothing for 5 s then | destroyed | `TranscriptionError`, kind `microphone` |
 * | the device fails, or the recorder ends unexpectedly | destroyed, opened again | `onLost`, silence, then audio |
 * | no chunk for 2 s | destroyed, opened again | `onLost`, the 2 s of silence at once, then the same |
 * | it is not found, busy, or fails again           | destroyed, opened again | silence |
 * | it cannot be opened again for a lasting reason (permission) | destroyed | the `TranscriptionError` |
 * | it is lost for `maxAbsence` | destroyed | `TranscriptionError`, the first failure as its `cause` |
 * | `onOpen` or `onLost` throws | stopped and destroyed | the thrown error |
 *
 * @example
 * import { microphone } from 'rxscribe';
 * microphone({ stop: AbortSignal.timeout(5000) }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param options See decibri's `Microphone` for the conditioning. A `dtype` other than `'int16'` is refused, because the service
 * does not accept it.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted, or unknown.
 * @see https://www.npmjs.com/package/decibri
 */
export function microphone(options: MicrophoneOptions = {}): Observable<Uint8Array> {
  return microphoneSource(options, async (recorderOptions, released) => {
    const { openRecorder } = await import('./childRecorder.ts');
    return openRecorder(recorderOptions, released);
  });
}

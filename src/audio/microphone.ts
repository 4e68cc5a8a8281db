import type { Observable } from 'rxjs';
import { live } from './live.ts';
import type { LiveOptions } from './live.ts';
import { checkCapture } from './options.ts';
import { mayComeBack, openRecorder, recorderFailure } from './recorder.ts';
import type { OpenRecorder, Recorder, RecorderOptions } from './recorder.ts';

/** Every option of decibri's `Microphone` under its name, how to stop it and listen to it, and what if it is lost. */
export type MicrophoneOptions = RecorderOptions & LiveOptions<Recorder>;

/**
 * Records a microphone: 16-bit little-endian mono PCM, in the chunks that the recorder delivers.
 *
 * Cold: each subscription opens a recorder of its own, without blocking the event loop. It is live, so it can neither
 * be paused nor held back. The chunks are the recorder's own memory, 100 ms each by default (`framesPerBuffer` 1600 at
 * `sampleRate` 16000) and shorter at the end and on some systems: `bufferBytes` makes frames of them.
 *
 * ```text
 * microphone   --a-b-c-d-
 * stop         --------s
 * result       --a-b-c-d-e|     e: what the recorder still held
 * ```
 *
 * A device that was there and is lost is opened again, after 250 ms and then after twice as long each time, up to 5 s;
 * the waits are not random, since nobody else waits for this device. Until audio comes back there is silence in its
 * place, zero samples in real time, 100 ms at a time and never more than 1000 ms, so that the bytes remain as long as
 * the time that passes: open turns end, the connection stays busy, and times stay true. `transcribe` is told which
 * stretches these are.
 *
 * ```text
 * recorder 1   --a-b-#
 * recorder 2                    -c-d-
 * result       --a-b---z-z-z-z---c-d-   z: silence
 * ```
 *
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | stopped, the rest awaited, 2 s at most | the rest, then complete |
 * | `stop` emits while the device is being opened, or is away | destroyed as soon as it is there | complete |
 * | `stop` completes without emitting | goes on | goes on |
 * | `stop` errors | stopped and destroyed | that error |
 * | unsubscribe | stopped and destroyed at once | nothing |
 * | unsubscribe while the device is being opened | destroyed as soon as it is there | nothing |
 * | the device can not be opened at first, or delivers nothing for 5 s then | destroyed | `TranscriptionError`, kind `microphone` |
 * | the device fails, or the recorder ends by itself | destroyed, opened again | `onLost`, silence, then audio |
 * | the device falls silent: no chunk for 2 s | destroyed, opened again | `onLost`, the 2 s of silence at once, then the same |
 * | it is not found, busy, or fails again meanwhile | destroyed, opened again | silence |
 * | it fails, or can not be opened again, for a reason that stays (permission) | destroyed | the `TranscriptionError` |
 * | it is away for `maxAbsence` | destroyed | `TranscriptionError`, what began the absence as its `cause` |
 * | `onOpen` or `onLost` throws | stopped and destroyed | what it threw |
 *
 * @example
 * import { microphone } from 'rxscribe';
 * microphone({ stop: AbortSignal.timeout(5000) }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param options See decibri's `Microphone` for the conditioning. `channels` other than 1 and `dtype` other than
 * `'int16'` are refused: the service takes neither.
 * @param open Opens the recorder; decibri's by default. Tests pass their own.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted, or unknown.
 * @see https://www.npmjs.com/package/decibri
 */
export function microphone(options: MicrophoneOptions = {}, open: OpenRecorder = openRecorder): Observable<Uint8Array> {
  const { stop, onOpen, onLost, maxAbsence, ...recorderOptions } = options;
  checkCapture(recorderOptions);
  const { sampleRate = 16_000, framesPerBuffer = 1600 } = recorderOptions;
  return live(
    {
      open: () => open(recorderOptions),
      failure: recorderFailure,
      mayComeBack,
      sampleRate,
      chunkMs: (framesPerBuffer * 1000) / sampleRate,
    },
    options,
  );
}

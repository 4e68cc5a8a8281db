import type { Observable } from 'rxjs';
import { checkRecorderOptions } from './audioOptions.ts';
import { liveSource } from './liveSource.ts';
import type { LiveOptions } from './liveSource.ts';
import { mayComeBack, recorderFailure } from './recorder.ts';
import type { OpenRecorder, Recorder, RecorderOptions, RecorderStream } from './recorder.ts';

/** Every option of decibri's `Microphone` under its name, how it is stopped and observed, and what if it is lost. */
export type MicrophoneOptions = RecorderOptions & LiveOptions<Recorder>;

/** `microphone` with the function that opens the recorder as a parameter, so that a test can pass its own. */
export function microphoneSource(options: MicrophoneOptions, open: OpenRecorder): Observable<Uint8Array> {
  const { stop, onOpen, onLost, maxAbsence, ...recorderOptions } = options;
  checkRecorderOptions(recorderOptions);
  const { sampleRate = 16_000, channels = 1, framesPerBuffer = 1600 } = recorderOptions;
  return liveSource<RecorderStream>(
    {
      open: (previous, released) => open(boundTo(previous, recorderOptions), released),
      failure: recorderFailure,
      mayComeBack,
      sampleRate,
      channels,
      chunkMs: (framesPerBuffer * 1000) / sampleRate,
    },
    options,
  );
}

/** After a loss only the same device is opened again; the default device is whichever the system chooses. */
function boundTo(previous: Recorder | undefined, options: RecorderOptions): RecorderOptions {
  const id = previous?.device?.id;
  return id === undefined || options.device === undefined ? options : { ...options, device: { id } };
}

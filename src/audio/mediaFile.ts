import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { conditioning } from './conditioned.ts';
import type { ReportLoss } from './pcmAudio.ts';
import type { FfmpegInput } from './ffmpeg.ts';
import { fileError } from './fileError.ts';
import { checkAddress, isAddress, withoutSecrets } from './mediaAddress.ts';
import { chunkBytes } from './chunkBytes.ts';
import { pausableSource } from './pausableSource.ts';
import { recordingPieces } from './recordingPieces.ts';
import { recordingFile } from './recordingFile.ts';
import { checkRecordingOptions } from './recordingOptions.ts';
import type { AudioFileOptions } from './recordingOptions.ts';
import { Schedule } from './schedule.ts';
import { startingAt } from './startingAt.ts';
import { stopSignal } from './stop.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';

/** The options of `audioFile`, and whether an address is live. */
export interface MediaFileOptions extends AudioFileOptions {
  /** Whether an address is a live stream; by default it is one if ffmpeg finds no duration. */
  readonly live?: boolean;
}

/** Why ffmpeg does not read a growing file: it would take the present end for the end. */
const GROWS = 'only WAV, AIFF and FLAC files can be followed while they grow';

/** The speed limit of a live stream: servers send a few seconds at once at first, and again after a delay. */
const LIVE_SPEED = 1.25;

/**
 * Plays anything that ffmpeg reads: MP3, M4A, Ogg, WebM, MP4, MKV, and addresses (`http`, `https` with HLS and Icecast,
 * `rtsp`, `rtmp`, `srt`). WAV, AIFF and FLAC files are read without ffmpeg, as by `audioFile`.
 * With `channels`, a channel that ffmpeg does not find is silent.
 *
 * Cold: each subscription starts its own `ffmpeg`, which must be on the PATH, and ends it. A recording can be paused by
 * the consumer and is played at `speed`. A live stream cannot be paused: `speed` does not apply, and its audio is emitted
 * when it arrives.
 *
 * | What happens | ffmpeg | Observable |
 * | --- | --- | --- |
 * | the audio ends | has ended | complete |
 * | `stop` emits or aborts | killed | complete, after the chunk being emitted |
 * | `stop` errors | killed | that error |
 * | ffmpeg is not installed | | `TranscriptionError`, kind `file`, with the command that installs it |
 * | ffmpeg fails, or there is no audio | has ended | `TranscriptionError`, kind `file`, with its last line |
 * | unsubscribe | killed | nothing |
 *
 * @example
 * import { mediaFile } from 'rxscribe';
 * mediaFile('film.mkv', { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param pathOrUrl The path of a file, or an address. Its user, password and query appear in no message.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when the path is not a string, the address has another scheme, or an option is not accepted.
 */
export function mediaFile(pathOrUrl: string, { live, ...options }: MediaFileOptions = {}): Observable<Uint8Array> {
  if (typeof pathOrUrl !== 'string' || pathOrUrl === '') {
    throw new TypeError(`pathOrUrl must be the path of a file or an address, not ${JSON.stringify(pathOrUrl)}`);
  }
  if (live !== undefined && typeof live !== 'boolean') {
    throw new TypeError(`live must be true or false, not ${String(live)}`);
  }
  if (isAddress(pathOrUrl)) checkAddress(pathOrUrl);
  checkRecordingOptions(options);
  if (isAddress(pathOrUrl) && options.follow !== undefined)
    throw new TypeError('follow is for files, not for addresses');
  const { speed = 1, startMs, stop, onWarning, sampleRate = 16_000, channels = 1 } = options;
  const name = withoutSecrets(pathOrUrl);
  const report = (line: string): void => onWarning?.(`${JSON.stringify(name)}: ${line}`);
  return pausableSource(() => {
    let isLive = false;
    const setLive = (hasDuration: boolean): void => {
      isLive = live ?? !hasDuration;
    };
    return {
      open: (released) =>
        startingAt(
          startMs,
          { sampleRate, channels },
          isAddress(pathOrUrl)
            ? ffmpegPieces(name, { url: pathOrUrl }, options, { report, released, setLive })
            : filePieces(pathOrUrl, options, report, released),
        ),
      chunkBytes: chunkBytes(sampleRate * channels),
      pace: () => {
        const paused = new Schedule({ sampleRate: sampleRate * channels }, speed);
        const paced = new Schedule({ sampleRate: sampleRate * channels }, LIVE_SPEED);
        return {
          waitFor: (bytes, released) => (isLive ? paced : paused).waitFor(bytes, released),
          delay: (ms) => paused.delay(ms),
        };
      },
      stop$: stopSignal(stop),
      isLive: () => isLive,
    };
  });
}

interface Run {
  readonly report: ReportLoss;
  readonly released: AbortSignal;
  readonly setLive?: (hasDuration: boolean) => void;
}

async function* filePieces(
  path: string,
  options: AudioFileOptions,
  report: ReportLoss,
  released: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* recordingFile(path, options, report, released);
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof UnsupportedFormat)) throw error;
    if (options.follow !== undefined) throw fileError(path, new TranscriptionError('file', GROWS));
    yield* ffmpegPieces(path, { path }, options, { report, released });
  }
}

/**
 * Decodes with ffmpeg.
 *
 * @param name What messages call the source.
 * @yields Pieces of 16-bit mono PCM.
 */
export async function* ffmpegPieces(
  name: string,
  source: FfmpegInput['source'],
  options: AudioFileOptions,
  { report, released, setLive }: Run,
): AsyncGenerator<Uint8Array> {
  const { sampleRate = 16_000, channels = 1, channelMap } = options;
  try {
    const { ffmpegAudio } = await import('./ffmpeg.ts'); // its modules of Node are not needed otherwise
    const audio = ffmpegAudio({ source, sampleRate, channel: channelMap?.[0], channels, released });
    for await (const piece of recordingPieces(audio, { sampleRate, channels }, report, conditioning(options))) {
      setLive?.(await audio.hasDuration);
      yield piece;
    }
  } catch (error) {
    throw fileError(name, error);
  }
}

/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { TranscriptionError } from '../errors.ts';
import { readAiffHeader } from './aiff.ts';
import type { ByteReader } from './byteReader.ts';
import { containerFormat } from './containerFormat.ts';
import { flacPieces, readFlacHeader } from './flac.ts';
import type { FlacStream } from './flacFrame.ts';
import { decodeMono, frameSize } from './sampleDecoder.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';
import { readWavHeader } from './wav.ts';
import type { PcmHeader } from './wav.ts';

/** Bytes decoded at once. */
const PIECE_BYTES = 32_768;

/** Called with one line about audio that is missing or damaged. */
export type ReportLoss = (line: string) => void;

/** A recording whose header was read. */
export interface DecodedAudio {
  /** Samples per second, in hertz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The length according to the header, in milliseconds; `undefined` if it does not know. */
  readonly lengthMs: number | undefined;
  /** Decodes mono samples from -1 to 1: those of one channel, or the average of all. */
  readonly samples: (channel: number | undefined, report: ReportLoss) => AsyncGenerator<Float32Array>;
}

/**
 * Reads the header of a WAV, AIFF or FLAC recording.
 *
 * Rejects with an `UnsupportedFormat` for any other format, and with a `TranscriptionError` for an invalid header.
 */
export async function decodeAudio(reader: ByteReader): Promise<DecodedAudio> {
  const format = await containerFormat(reader);
  if (format === 'FLAC') return flacAudio(reader, valid(await readFlacHeader(reader), format));
  if (format === 'WAV') return pcmAudio(reader, valid(await readWavHeader(reader), format));
  if (format === 'AIFF') return pcmAudio(reader, valid(await readAiffHeader(reader), format));
  throw new UnsupportedFormat(
    format
      ? `it is ${format.other}, which only ffmpeg can read`
      : 'only WAV, AIFF and FLAC are read, and it is none of them',
  );
}

function valid<Header>(header: Header | undefined, format: string): Header {
  if (header === undefined) throw new TranscriptionError('file', `its ${format} header is invalid`);
  return header;
}

function pcmAudio(reader: ByteReader, header: PcmHeader): DecodedAudio {
  const { sampleRate, channels, audioBytes } = header;
  const size = frameSize(header);
  const lengthMs = audioBytes === undefined ? undefined : (Math.floor(audioBytes / size) * 1000) / sampleRate;
  return {
    sampleRate,
    channels,
    lengthMs,
    samples: async function* (channel, report) {
      const start = reader.position;
      const end = audioBytes === undefined ? Infinity : start + audioBytes;
      const most = Math.max(size, PIECE_BYTES);
      for (;;) {
        const bytes = await reader.takeUnits(size, Math.min(most, end - reader.position));
        if (bytes.length === 0) break;
        yield decodeMono(bytes, header, channel);
      }
      reportEnd(((reader.position - start) * 1000) / (size * sampleRate), lengthMs, report);
    },
  };
}

function flacAudio(reader: ByteReader, stream: FlacStream): DecodedAudio {
  const { sampleRate, channels, totalSamples } = stream;
  const lengthMs = totalSamples === 0 ? undefined : (totalSamples * 1000) / sampleRate;
  return {
    sampleRate,
    channels,
    lengthMs,
    samples: async function* (channel, report) {
      let [total, damaged, damagedFrom] = [0, 0, 0];
      for await (const { samples, isDamaged } of flacPieces(reader, stream, channel)) {
        if (isDamaged && damaged === 0) damagedFrom = total;
        if (isDamaged) damaged += samples.length;
        total += samples.length;
        yield samples;
      }
      const seconds = (count: number): string => `${(count / sampleRate).toFixed(1)} s`;
      if (damaged > 0) {
        report(
          `${seconds(damaged)} of it are damaged, the first at ${seconds(damagedFrom)}; silence takes their place`,
        );
      }
      if (lengthMs !== undefined) reportEnd((total * 1000) / sampleRate, lengthMs, report);
    },
  };
}

/** Reports audio that the header promises but the file does not hold, or a header without a length. */
function reportEnd(playedMs: number, lengthMs: number | undefined, report: ReportLoss): void {
  if (playedMs === 0) return; // an error reports this
  const played = `${(playedMs / 1000).toFixed(1)} s`;
  if (lengthMs === undefined) report(`its header gives no length, so it may be incomplete; it ends after ${played}`);
  else if (playedMs < lengthMs)
    report(`its header promises ${(lengthMs / 1000).toFixed(1)} s, but it ends after ${played}`);
}

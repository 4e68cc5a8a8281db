/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import type { ByteReader } from './byteReader.ts';
import { decodeInterleaved, decodeMono, frameSize } from './sampleDecoder.ts';
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
  /** Decodes the first channels, interleaved, if the decoder can. */
  readonly interleaved?: (count: number, report: ReportLoss) => AsyncGenerator<Float32Array>;
  /** The bytes as they are, if all samples are 16-bit little-endian already; each piece is valid until the next. */
  readonly pcm16?: ((report: ReportLoss) => AsyncGenerator<Uint8Array>) | undefined;
}

/**
 * The audio after the header of a WAV or AIFF file.
 *
 * @param isGrowing Whether the file is still being written, so that its header cannot know the length.
 */
export function pcmAudio(reader: ByteReader, header: PcmHeader, isGrowing = false): DecodedAudio {
  const { sampleRate, channels } = header;
  const audioBytes = isGrowing ? undefined : header.audioBytes;
  const size = frameSize(header);
  const lengthMs = audioBytes === undefined ? undefined : (Math.floor(audioBytes / size) * 1000) / sampleRate;
  const pieces = async function* (report: ReportLoss): AsyncGenerator<Uint8Array> {
    const start = reader.position;
    const end = audioBytes === undefined ? Infinity : start + audioBytes;
    const most = Math.max(size, PIECE_BYTES);
    for (;;) {
      const bytes = await reader.takeUnits(size, Math.min(most, end - reader.position));
      if (bytes.length === 0) break;
      yield bytes;
    }
    if (!isGrowing) reportEnd(((reader.position - start) * 1000) / (size * sampleRate), lengthMs, report);
  };
  const isPcm16 = header.encoding === 'int16' && header.littleEndian;
  return {
    sampleRate,
    channels,
    lengthMs,
    samples: async function* (channel, report) {
      for await (const bytes of pieces(report)) yield decodeMono(bytes, header, channel);
    },
    interleaved: async function* (count, report) {
      for await (const bytes of pieces(report)) yield decodeInterleaved(bytes, header, count);
    },
    pcm16: isPcm16 ? pieces : undefined,
  };
}

/** Reports audio that the header promises but the file does not hold, or a header without a length. */
export function reportEnd(playedMs: number, lengthMs: number | undefined, report: ReportLoss): void {
  if (playedMs === 0) return; // an error reports this
  const played = `${(playedMs / 1000).toFixed(1)} s`;
  if (lengthMs === undefined) report(`its header gives no length, so it may be incomplete; it ends after ${played}`);
  else if (playedMs < lengthMs)
    report(`its header promises ${(lengthMs / 1000).toFixed(1)} s, but it ends after ${played}`);
}

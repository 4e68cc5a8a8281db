import { TranscriptionError } from '../errors.ts';
import { readAiffHeader } from './aiff.ts';
import type { ByteReader } from './byteReader.ts';
import { containerFormat } from './containerFormat.ts';
import { flacPieces, readFlacHeader, toInterleaved, toMono } from './flac.ts';
import type { FlacFrame, FlacStream } from './flacFrame.ts';
import { pcmAudio, reportEnd } from './pcmAudio.ts';
import type { DecodedAudio, ReportLoss } from './pcmAudio.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';
import { readWavHeader } from './wav.ts';

/**
 * Reads the header of a WAV, AIFF or FLAC recording.
 *
 * Rejects with an `UnsupportedFormat` for any other format, and with a `TranscriptionError` for an invalid header.
 */
export async function decodeAudio(reader: ByteReader, isGrowing = false): Promise<DecodedAudio> {
  const format = await containerFormat(reader);
  if (format === 'FLAC') return flacAudio(reader, valid(await readFlacHeader(reader), format));
  if (format === 'WAV') return pcmAudio(reader, valid(await readWavHeader(reader), format), isGrowing);
  if (format === 'AIFF') return pcmAudio(reader, valid(await readAiffHeader(reader), format), isGrowing);
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

function flacAudio(reader: ByteReader, stream: FlacStream): DecodedAudio {
  const { sampleRate, channels, totalSamples } = stream;
  const lengthMs = totalSamples === 0 ? undefined : (totalSamples * 1000) / sampleRate;
  const pieces = async function* (
    choose: (frame: FlacFrame) => Float32Array,
    width: number,
    report: ReportLoss,
  ): AsyncGenerator<Float32Array> {
    let [total, damaged, damagedFrom] = [0, 0, 0];
    for await (const { samples, isDamaged } of flacPieces(reader, stream, choose, width)) {
      const length = samples.length / width;
      if (isDamaged && damaged === 0) damagedFrom = total;
      if (isDamaged) damaged += length;
      total += length;
      yield samples;
    }
    const seconds = (count: number): string => `${(count / sampleRate).toFixed(1)} s`;
    if (damaged > 0) {
      report(`${seconds(damaged)} of it are damaged, the first at ${seconds(damagedFrom)}; silence takes their place`);
    }
    if (lengthMs !== undefined) reportEnd((total * 1000) / sampleRate, lengthMs, report);
  };
  return {
    sampleRate,
    channels,
    lengthMs,
    samples: (channel, report) => pieces((frame) => toMono(frame, channel), 1, report),
    interleaved: (count, report) => pieces((frame) => toInterleaved(frame, count), count, report),
  };
}

import type { ByteReader } from './byteReader.ts';
import { flacPieces, toInterleaved, toMono } from './flac.ts';
import type { FlacFrame, FlacStream } from './flacFrame.ts';
import { reportEnd } from './pcmAudio.ts';
import type { DecodedAudio, ReportLoss } from './pcmAudio.ts';

export { readFlacHeader } from './flac.ts';

/** The audio of a FLAC recording whose header was read. */
export function flacAudio(reader: ByteReader, stream: FlacStream): DecodedAudio {
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

import { bytesPerSample } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';

/** Bytes before the audio: RIFF, 64-bit sizes, format, data header. */
export const HEADER_BYTES: number = 12 + 8 + 28 + 8 + 16 + 8;

/** Value of a 32-bit size that is stored as 64 bits instead. */
const IN_DS64 = 0xffffffff;
/** Format tags of the encodings. */
const FORMAT_TAGS = { pcm_s16le: 1, pcm_mulaw: 7 } as const;

/**
 * Makes the header of a WAV file with this much mono audio.
 *
 * Its length is constant: up to 4 GiB a `JUNK` chunk reserves the space of the 64-bit sizes; a larger file is RF64, not
 * RIFF.
 *
 * @see https://tech.ebu.ch/docs/tech/tech3306.pdf
 */
export function wavHeader(dataBytes: number, format: PcmFormat): Uint8Array {
  const { sampleRate, encoding = 'pcm_s16le' } = format;
  const sampleBytes = bytesPerSample(encoding);
  const riffBytes = HEADER_BYTES - 8 + dataBytes + (dataBytes % 2);
  const large = riffBytes >= IN_DS64;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(large ? 'RF64' : 'RIFF', 0, 'latin1');
  header.writeUInt32LE(large ? IN_DS64 : riffBytes, 4);
  header.write(large ? 'WAVEds64' : 'WAVEJUNK', 8, 'latin1');
  header.writeUInt32LE(28, 16);
  if (large) {
    header.writeBigUInt64LE(BigInt(riffBytes), 20);
    header.writeBigUInt64LE(BigInt(dataBytes), 28);
    header.writeBigUInt64LE(BigInt(Math.floor(dataBytes / sampleBytes)), 36);
  }
  header.write('fmt ', 48, 'latin1');
  header.writeUInt32LE(16, 52);
  header.writeUInt16LE(FORMAT_TAGS[encoding], 56);
  header.writeUInt16LE(1, 58);
  header.writeUInt32LE(sampleRate, 60);
  header.writeUInt32LE(sampleRate * sampleBytes, 64);
  header.writeUInt16LE(sampleBytes, 68);
  header.writeUInt16LE(8 * sampleBytes, 70);
  header.write('data', 72, 'latin1');
  header.writeUInt32LE(large ? IN_DS64 : dataBytes, 76);
  return header;
}

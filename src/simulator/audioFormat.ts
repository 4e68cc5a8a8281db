import type { Parameters } from './parameters.ts';

/** The audio format that the client declared. */
export interface AudioFormat {
  /** Hertz. */
  readonly sampleRate: number;
  /** Bytes per millisecond; undefined for compressed audio, whose length is not computed. */
  readonly bytesPerMs: number | undefined;
  readonly encoding: string;
}

/** The format of a session's audio; 16 kHz 16-bit PCM by default. */
export function formatOf({ sample_rate: rate = '16000', encoding = 'pcm_s16le' }: Parameters): AudioFormat {
  const sampleRate = Number(rate);
  const sampleBytes = { pcm_s16le: 2, pcm_mulaw: 1 }[encoding];
  return {
    sampleRate,
    encoding,
    bytesPerMs: sampleBytes === undefined ? undefined : (sampleBytes * sampleRate) / 1000,
  };
}

/** Converts audio to 16-bit signed little endian, for the recogniser. Compressed audio becomes no bytes. */
export function toPcm(bytes: Uint8Array, encoding: string): Uint8Array {
  if (encoding === 'pcm_s16le') return bytes;
  if (encoding !== 'pcm_mulaw') return new Uint8Array(0);
  const pcm = Buffer.alloc(2 * bytes.length);
  bytes.forEach((byte, index) => pcm.writeInt16LE(fromMulaw(byte), 2 * index));
  return pcm;
}

/** Expands one sample of ITU-T G.711 µ-law. */
function fromMulaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = (((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
  return code & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

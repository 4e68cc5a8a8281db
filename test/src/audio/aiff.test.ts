import { describe, it, expect } from '@jest/globals';
import { ByteReader } from '../../../src/audio/byteReader.ts';
import { readAiffHeader } from '../../../src/audio/aiff.ts';
import { inPieces } from './recordings.ts';

interface AiffChunk {
  readonly id: string;
  readonly body: Uint8Array;
  readonly size?: number;
}

function form(chunks: readonly AiffChunk[], type = 'AIFC'): Buffer {
  const body = Buffer.concat(
    chunks.map(({ id, body: bytes, size = bytes.length }) =>
      Buffer.concat([Buffer.from(id), uint32(size), bytes, Buffer.alloc(bytes.length % 2)]),
    ),
  );
  return Buffer.concat([Buffer.from('FORM'), uint32(body.length + 4), Buffer.from(type), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The format: 44.1 kHz as an 80-bit float. */
const comm = (channels: number, bits: number, codec = ''): AiffChunk => ({
  id: 'COMM',
  body: Buffer.concat([
    Buffer.of(0, channels, 0, 0, 0, 9, 0, bits),
    Buffer.from('400eac44000000000000', 'hex'),
    Buffer.from(codec),
  ]),
});
const audio = (offset = 0): AiffChunk => ({
  id: 'SSND',
  body: Buffer.concat([uint32(offset), uint32(0), Buffer.alloc(offset), Buffer.of(1, 2, 3, 4)]),
});

async function header(bytes: Uint8Array) {
  const reader = new ByteReader(inPieces(bytes, 5));
  const found = await readAiffHeader(reader);
  return { found, next: (await reader.take(1))[0] };
}

describe('readAiffHeader', () => {
  it('finds the format and the audio, after its offset', async () => {
    const other = { id: 'NAME', body: Buffer.alloc(3) };
    expect(await header(form([other, comm(2, 16), audio(6)], 'AIFF'))).toEqual({
      found: { encoding: 'int16', littleEndian: false, channels: 2, sampleRate: 44_100, audioBytes: 4 },
      next: 1,
    });
  });

  it.each([
    ['NONE', 24, 'int24', false],
    ['sowt', 16, 'int16', true],
    ['fl32', 32, 'float32', false],
    ['FL64', 64, 'float64', false],
    ['ulaw', 8, 'mulaw', false],
    ['alaw', 8, 'alaw', false],
    ['raw ', 8, 'uint8', false],
    ['in32', 32, 'int32', false],
  ])('recognises %s', async (codec, bits, encoding, littleEndian) => {
    expect((await header(form([comm(1, bits, codec), audio()]))).found).toMatchObject({ encoding, littleEndian });
  });

  it('takes a size of 0 as unknown', async () => {
    const found = await header(form([comm(1, 16), { ...audio(), size: 0 }], 'AIFF'));
    expect(found.found?.audioBytes).toBeUndefined();
  });

  it('names a codec that it cannot read', async () => {
    await expect(header(form([comm(1, 4, 'ima4'), audio()]))).rejects.toThrow('it is an AIFF file with codec ima4');
  });

  it('rejects when the file ends within the header', async () => {
    await expect(header(form([comm(1, 16)]))).rejects.toMatchObject({
      message: 'the file ends within its AIFF header',
    });
  });

  it.each([
    ['audio before its format', form([audio(), comm(1, 16)])],
    ['another form', form([comm(1, 16), audio()], '8SVX')],
    ['zeros where a chunk should be', Buffer.concat([form([]), Buffer.alloc(20)])],
  ])('returns undefined for %s', async (_, bytes) => {
    expect((await header(bytes)).found).toBeUndefined();
  });
});

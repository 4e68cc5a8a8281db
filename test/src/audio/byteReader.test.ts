import { describe, it, expect } from '@jest/globals';
import { ByteReader } from '../../../src/audio/byteReader.ts';
import { inPieces } from './recordings.ts';
import { fc } from '../../support/fastCheck.ts';

describe('ByteReader', () => {
  it('returns every byte once and in order, however it is read', async () => {
    const read = fc.record({
      how: fc.constantFrom('peek', 'take', 'takeBuffered', 'skip', 'units'),
      length: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 80 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(read),
        async (bytes, most, reads) => {
          const reader = new ByteReader(inPieces(bytes, most));
          for (const { how, length } of reads) {
            const from = reader.position;
            if (how === 'peek')
              expect(Array.from(await reader.peek(length))).toEqual(Array.from(bytes.subarray(from, from + length)));
            if (how === 'take')
              expect(Array.from(await reader.take(length))).toEqual(Array.from(bytes.subarray(from, from + length)));
            if (how === 'takeBuffered') {
              const held = reader.takeBuffered(length);
              if (held) expect(Array.from(held)).toEqual(Array.from(bytes.subarray(from, from + length)));
              expect(reader.position).toBe(held ? from + length : from);
            }
            if (how === 'skip') await reader.skip(length);
            if (how === 'units') {
              const part = await reader.takeUnits(3, length * 3);
              expect(part.length % 3).toBe(0);
              expect(part.length > 0).toBe(bytes.length - from >= 3);
              expect(Array.from(part)).toEqual(Array.from(bytes.subarray(from, from + part.length)));
            }
            expect(reader.position).toBeLessThanOrEqual(bytes.length);
          }
          const from = reader.position;
          expect(Array.from(await reader.take(100))).toEqual(Array.from(bytes.subarray(from)));
        },
      ),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { MAX_CLIENTS, RateLimit } from '../../../src/tokens/rateLimit.ts';
import { fc } from '../../support/fastCheck.ts';

describe('RateLimit', () => {
  it("accepts a full minute's requests at once, then one per share of the minute", () => {
    const limit = new RateLimit(3);
    expect([0, 0, 0, 0].map((now) => limit.take('a', now))).toEqual([0, 0, 0, 20]);
    expect(limit.take('a', 19_000)).toBe(1);
    expect(limit.take('a', 20_000)).toBe(0);
    expect(limit.take('a', 20_000)).toBe(20);
    expect([200_000, 200_000, 200_000, 200_000].map((now) => limit.take('a', now))).toEqual([0, 0, 0, 20]);
  });

  it('accepts a request after the time it returned, for any limit and any arrival times', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 100 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        waits,
        (most, from, ms) => {
          const limit = new RateLimit(most);
          expect(Array.from({ length: most + 1 }, () => limit.take('a', from)).slice(0, -1)).toEqual(
            Array.from({ length: most }, () => 0),
          );
          let now = from;
          for (const wait of ms) {
            now += wait;
            const seconds = limit.take('a', now);
            // a client that waits as long is accepted
            if (seconds > 0) expect(limit.take('a', (now += 1000 * seconds))).toBe(0);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('accepts everything and remembers no client if it is Infinity', () => {
    const limit = new RateLimit(Infinity);
    expect(Array.from({ length: 1000 }, (_, index) => limit.take(String(index)))).toEqual(
      Array.from({ length: 1000 }, () => 0),
    );
    expect(limit.size).toBe(0);
  });

  it('remembers a bounded number of clients and forgets the one that has been away longest', () => {
    const limit = new RateLimit(1);
    limit.take('first', 0);
    limit.take('second', 0);
    limit.take('first', 0);
    for (let index = 0; index < MAX_CLIENTS - 1; index++) limit.take(`client ${index}`, 0);
    expect(limit.size).toBe(MAX_CLIENTS);
    expect(limit.take('first', 0)).toBe(60);
    expect(limit.take('second', 0)).toBe(0);
    expect(limit.size).toBe(MAX_CLIENTS);
  });
});

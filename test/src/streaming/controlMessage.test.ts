import { describe, expect, it } from '@jest/globals';
import { readControlMessage } from '../../../src/streaming/controlMessage.ts';

describe('readControlMessage', () => {
  it('copies a message, so that later changes do not matter', () => {
    const update = { type: 'UpdateConfiguration', keyterms_prompt: ['a'] };
    const copy = readControlMessage(update);
    update.keyterms_prompt.push('b');

    expect(copy).toEqual({ type: 'UpdateConfiguration', keyterms_prompt: ['a'] });
  });

  const cycle: Record<string, unknown> = { type: 'UpdateConfiguration' };
  cycle['self'] = cycle;
  it.each([
    ['nothing', undefined, /something else/],
    ['a string', 'ForceEndpoint', /something else/],
    ['an unknown type', { type: 'Terminate' }, /something else/],
    ['a BigInt', { type: 'UpdateConfiguration', prompt: 5n }, /JSON cannot represent/],
    ['a cycle', cycle, /JSON cannot represent/],
    ['a getter that throws', Object.defineProperty({}, 'type', { get: () => cycle['no'] ?? JSON.parse('') }), /cannot/],
    [
      'a long message',
      { type: 'UpdateConfiguration', prompt: 'x'.repeat(200_000) },
      /200\d+ characters, 100000 at most/,
    ],
  ])('returns a reason for %s', (_, value, reason) => {
    expect(readControlMessage(value)).toMatch(reason);
  });
});

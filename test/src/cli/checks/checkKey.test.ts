import { describe, expect, it } from '@jest/globals';
import { checkKey } from '../../../../src/cli/checks/checkKey.ts';

describe('checkKey', () => {
  it('rejects malformed keys without printing them', () => {
    const wrong = ['', 'Bearer 0123456789abcdef', '"0123456789abcdef"', 'my-key', '0123456789abcdef–ü'];

    expect(wrong.map((text) => checkKey(text).ok)).toEqual(wrong.map(() => false));
    expect(wrong.slice(1).map((text) => JSON.stringify(checkKey(text)).includes(text))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(checkKey(' 0123456789abcdef0123456789abcdef\n')).toMatchObject({ ok: true });
  });
});

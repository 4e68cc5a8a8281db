import { describe, expect, it } from '@jest/globals';
import { jsonLine } from '../../../src/captions/jsonLine.ts';

describe('jsonLine', () => {
  it('escapes control characters and keeps the value', () => {
    const value = { text: 'a\u001b\u009b2J\u007f\n' };

    expect(jsonLine(value)).toBe(String.raw`{"text":"a\u001b\u009b2J\u007f\n"}`);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});

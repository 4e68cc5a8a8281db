import { describe, expect, it } from '@jest/globals';
import { jsonLine, printable } from '../../../src/cli/printable.ts';
import { columnsOf, endOf } from '../../../src/cli/width.ts';

describe('printable', () => {
  it('takes away what would be an order to the terminal', () => {
    expect(printable('a\u001b[31mred\u001b[0m b\u001b]0;title\u0007 c\u009b2Jd\u0000\u007fe')).toBe('ared b cde');
  });

  it('makes one line of many', () => {
    expect(printable(' one\r\ntwo\u2028three\u0085four\t')).toBe('one two three four');
  });

  it('leaves all other text alone', () => {
    expect(printable('Grüße, 世界 👩‍🚀!')).toBe('Grüße, 世界 👩‍🚀!');
  });
});

describe('jsonLine', () => {
  it('holds no control character, and means the same', () => {
    const value = { text: 'a\u001b\u009b2J\u007f\n' };

    expect(jsonLine(value)).toBe(String.raw`{"text":"a\u001b\u009b2J\u007f\n"}`);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});

describe('endOf', () => {
  it('leaves alone what fits', () => {
    expect(endOf('twelve chars', 12)).toBe('twelve chars');
  });

  it('cuts from the left', () => {
    expect(endOf('thirteen char', 12)).toBe('…irteen char');
  });

  it('counts wide characters twice, and what is drawn onto others not at all', () => {
    expect(columnsOf('世界')).toBe(4);
    expect(columnsOf('👩‍🚀')).toBe(2);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(endOf('こんにちは世界', 6)).toBe('…世界');
  });

  it('is quick with a turn that never ends', () => {
    const before = performance.now();
    endOf('word '.repeat(200_000), 80);
    expect(performance.now() - before).toBeLessThan(100);
  });
});

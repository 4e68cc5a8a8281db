import { describe, expect, it, jest } from '@jest/globals';
import { columnsOf } from '../../../../src/captions/columnsOf.ts';
import { lastLines, wrapText } from '../../../../src/cli/terminal/wrapText.ts';

describe('wrapText', () => {
  it('wraps at spaces, which it removes, and inside words only if they are too wide', () => {
    expect(wrapText('one two three four', 9)).toBe('one two\nthree\nfour');
    expect(wrapText('thirteen', 5)).toBe('thirt\neen');
  });

  it('has no long call of Intl.Segmenter, whose time and memory are quadratic', () => {
    const segment = jest.spyOn(Intl.Segmenter.prototype, 'segment');
    const lines = wrapText('漢'.repeat(5000), 80).split('\n');
    const lengths = segment.mock.calls.map(([text]) => text.length);
    segment.mockRestore();
    expect(lines).toEqual(Array.from({ length: 125 }, () => '漢'.repeat(40)));
    expect(lengths.length).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
  });
});

describe('lastLines', () => {
  it('returns a text that fits unchanged', () => {
    expect(lastLines('twelve chars', 12, 1)).toEqual(['twelve chars']);
    expect(lastLines('', 12, 1)).toEqual([]);
  });

  it('wraps at spaces and keeps every character', () => {
    expect(lastLines('one two three four', 9, 3)).toEqual(['one two ', 'three ', 'four']);
  });

  it('cuts off the beginning', () => {
    expect(lastLines('one two three four', 9, 1)).toEqual(['…four']);
    expect(lastLines('thirteen char', 6, 1)).toEqual(['…char']);
  });

  it('counts wide characters as two columns and combining ones as none', () => {
    expect([columnsOf('世界'), columnsOf('👩‍🚀'), columnsOf('e\u0301')]).toEqual([4, 2, 1]);
    expect(lastLines('こんにちは世界', 6, 3)).toEqual(['こんに', 'ちは世', '界']);
    expect(lastLines('a👩‍🚀👩‍🚀', 3, 3)).toEqual(['a👩‍🚀', '👩‍🚀']);
  });

  it('measures only the end of a very long text', () => {
    expect(lastLines('word '.repeat(50_000_000), 9, 1)).toEqual(['…word ']);
  });
});

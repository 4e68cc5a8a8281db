import { describe, expect, it } from '@jest/globals';
import { printable } from '../../../../src/cli/terminal/printable.ts';

describe('printable', () => {
  it('removes escape sequences and control characters', () => {
    expect(printable('a\u001b[31mred\u001b[0m b\u001b]0;title\u0007 c\u009b2Jd\u0000\u007fe')).toBe('ared b cde');
  });

  it('joins lines with spaces', () => {
    expect(printable(' one\r\ntwo\u2028three\u0085four\t')).toBe('one two three four');
  });

  it('keeps all other text', () => {
    expect(printable('Grüße, 世界 👩‍🚀!')).toBe('Grüße, 世界 👩‍🚀!');
  });
});

import { describe, expect, it } from '@jest/globals';
import { levelOf, meter } from '../../../../src/cli/terminal/level.ts';

describe('levelOf', () => {
  const square = (amplitude: number): Uint8Array => new Uint8Array(new Int16Array(1600).fill(amplitude).buffer);

  it('returns the root mean square in dBFS', () => {
    expect(levelOf(square(-32_768))).toBe(0);
    expect(levelOf(square(3277))).toBeCloseTo(-20, 1);
    expect(levelOf(square(0))).toBe(-96);
    expect(levelOf(new Uint8Array(0))).toBe(-96);
  });
});

describe('meter', () => {
  it('draws a level as a bar', () => {
    expect([meter(0, 6), meter(-30, 6), meter(-96, 6), meter(3, 6)]).toEqual(['██████', '███░░░', '░░░░░░', '██████']);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLACK, WHITE, colourOf, contrast, over } from '../../../src/page/client/colours.ts';
import { DEFAULT_LOOK, ENOUGH, lookOf, paintOf, queryOf } from '../../../src/page/client/look.ts';
import type { Look } from '../../../src/page/client/look.ts';

const read = (query: string): Look => lookOf(new URLSearchParams(query));

describe('lookOf', () => {
  it('is a stage screen without parameters', () => {
    expect(read('')).toEqual(DEFAULT_LOOK);
  });

  it('takes every parameter', () => {
    const query =
      'size=8.5&lines=2&color=ffd75e&background=transparent&box=00000080&align=center&position=top&dir=rtl&lang=pt-BR' +
      '&font=Atkinson+Hyperlegible&uppercase=on&speakers=color&status=off';

    expect(read(query)).toEqual({
      size: 8.5,
      lines: 2,
      color: '#ffd75e',
      background: 'transparent',
      box: '#00000080',
      align: 'center',
      position: 'top',
      dir: 'rtl',
      lang: 'pt-BR',
      font: 'Atkinson Hyperlegible',
      uppercase: true,
      speakers: 'color',
      status: false,
    });
  });

  it.each([
    ['size=0', { size: 1 }],
    ['size=1000', { size: 50 }],
    ['lines=99', { lines: 20 }],
    ['lines=-3', { lines: 0 }],
    ['lines=2.6', { lines: 3 }],
    ['color=%23FFF', { color: '#ffffff' }],
    ['uppercase=yes', { uppercase: true }],
  ])('brings %s into its range', (query, fields) => {
    expect(read(query)).toEqual({ ...DEFAULT_LOOK, ...fields });
  });

  it.each([
    'size=large',
    'size=',
    'lines=NaN',
    'color=red;background:url(//evil)',
    'background=12345',
    'box=auto;',
    'align=left%20',
    'dir=up',
    'lang=%22%3E%3Cscript%3E',
    'font=%22%3B%20background%3A%20url(x)',
    'uppercase=maybe',
    'speakers=loud',
    'nothing=else',
  ])('leaves the default for %s', (query) => {
    expect(read(query)).toEqual(DEFAULT_LOOK);
  });

  it('is a look whatever the parameters are, and reads back what queryOf writes', () => {
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('on', 'auto', 'none', 'ffffff', 'rtl'),
    );
    const parameters = fc.array(fc.tuple(fc.constantFrom(...Object.keys(DEFAULT_LOOK)), value));
    fc.assert(
      fc.property(parameters, (pairs) => {
        const look = lookOf(new URLSearchParams(pairs));
        expect(read(queryOf(look))).toEqual(look);
        expect(paintOf(look).contrast).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('queryOf', () => {
  it('writes what differs from the default alone', () => {
    expect(queryOf(DEFAULT_LOOK)).toBe('');
    expect(queryOf({ ...DEFAULT_LOOK, background: 'transparent', color: '#ffffff', status: false })).toBe(
      'color=ffffff&background=transparent&status=off',
    );
  });
});

describe('paintOf', () => {
  it.each([
    '',
    'background=transparent',
    'background=ffffff',
    'background=ffff00',
    'background=00000000',
    'box=222222',
  ])('can be read with %s, whatever is behind it: text, speakers, and what may still change', (query) => {
    const paint = paintOf(read(query));
    const ground = colourOf(paint.background) ?? { rgb: [0, 0, 0] as const, alpha: 0 };
    const box = colourOf(paint.box) ?? { rgb: [0, 0, 0] as const, alpha: 0 };
    const texts = [paint, ...paint.voices]
      .flatMap(({ text, partial }) => [text, partial])
      .map((text) => colourOf(text)!);
    const ratios = [BLACK, WHITE]
      .map((picture) => over(box, over(ground, picture)))
      .flatMap((behind) => texts.map((text) => contrast(over(text, behind), behind)));

    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(ENOUGH);
    expect(paint.contrast).toBeGreaterThanOrEqual(ENOUGH);
  });

  it.each(['color=333333', 'background=777777', 'background=transparent&box=none'])(
    'tells that %s is hard to read',
    (query) => {
      expect(paintOf(read(query)).contrast).toBeLessThan(ENOUGH);
    },
  );

  it('knows the contrasts of the standard', () => {
    expect(contrast(BLACK, WHITE)).toBeCloseTo(21);
    expect(contrast(colourOf('767676')!, WHITE)).toBeCloseTo(4.54, 2);
  });
});

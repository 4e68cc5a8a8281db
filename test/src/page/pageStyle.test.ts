import { describe, expect, it } from '@jest/globals';
import { BLACK, WHITE, colourOf, contrast, blend } from '../../../src/page/client/colours.ts';
import { DEFAULT_STYLE, MIN_CONTRAST, parseStyle, paletteOf, styleQuery } from '../../../src/page/client/pageStyle.ts';
import type { PageStyle } from '../../../src/page/client/pageStyle.ts';
import { styleProblems } from '../../../src/page/client/styleProblems.ts';
import { fc } from '../../support/fastCheck.ts';

const read = (query: string): PageStyle => parseStyle(new URLSearchParams(query));

describe('parseStyle', () => {
  it('is a stage screen without parameters', () => {
    expect(read('')).toEqual(DEFAULT_STYLE);
  });

  it('takes every parameter', () => {
    const query =
      'size=8.5&lines=2&color=ffd75e&background=transparent&box=00000080&align=center&position=top&dir=rtl&lang=pt-BR' +
      '&font=Atkinson+Hyperlegible&uppercase=on&speakers=color&status=off&clear=7.5';

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
      clear: 7.5,
    });
  });

  it.each([
    ['size=0', { size: 1 }],
    ['size=1000', { size: 50 }],
    ['lines=99', { lines: 20 }],
    ['lines=-3', { lines: 0 }],
    ['lines=2.6', { lines: 3 }],
    ['clear=9999', { clear: 600 }],
    ['color=%23FFF', { color: '#ffffff' }],
    ['uppercase=yes', { uppercase: true }],
  ])('clamps %s to its range', (query, fields) => {
    expect(read(query)).toEqual({ ...DEFAULT_STYLE, ...fields });
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
    expect(read(query)).toEqual(DEFAULT_STYLE);
  });

  it('gives a valid style for any parameters, and parses what styleQuery formats', () => {
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('on', 'auto', 'none', 'ffffff', 'rtl'),
    );
    const parameters = fc.array(fc.tuple(fc.constantFrom(...Object.keys(DEFAULT_STYLE)), value));
    fc.assert(
      fc.property(parameters, (pairs) => {
        const style = parseStyle(new URLSearchParams(pairs));
        expect(read(styleQuery(style))).toEqual(style);
        expect(paletteOf(style).contrast).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('styleProblems', () => {
  const problems = (query: string): string[] => styleProblems(new URLSearchParams(query));

  it('finds none in what styleQuery formats, nor in the other parameters of the page', () => {
    const style = { ...DEFAULT_STYLE, size: 8.5, background: 'transparent', color: '#ffffff', clear: 5, status: false };
    expect(problems(styleQuery(style))).toEqual([]);
    expect(problems('view=transcript&sample=on')).toEqual([]);
  });

  it.each([
    ['size=large', 'size=large: must be 1 to 50; the default is used'],
    ['size=1000', 'size=1000: must be 1 to 50; 50 is used'],
    ['lines=2.6', 'lines=2.6: must be a whole number from 0 to 20; 3 is used'],
    ['color=red', 'color=red: must be auto, or a colour such as ffd75e; the default is used'],
    ['align=', 'align=: must be start, center or end; the default is used'],
    ['size=8&size=9', 'size=9: given twice; the first one counts'],
    ['__proto__=1', '__proto__=1: unknown; the parameters are size, lines, '],
    [`font=${'x'.repeat(100)}`, `font=${'x'.repeat(40)}…: must be sans, serif, mono, or the name of a font`],
  ])('describes %s', (query, expected) => {
    expect(problems(query)).toEqual([expect.stringContaining(expected)]);
  });

  it('describes each parameter that has no effect, and no other', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('on', 'auto', 'none', 'ffffff', 'rtl', '5'));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(DEFAULT_STYLE)), value, (name, text) => {
        const style = read(new URLSearchParams([[name, text]]).toString());
        const [problem = ''] = styleProblems(new URLSearchParams([[name, text]]));
        expect(problem.endsWith('the default is used') ? style : DEFAULT_STYLE).toEqual(DEFAULT_STYLE);
        if (problem === '' && text !== '') expect(read(styleQuery(style))).toEqual(style);
      }),
    );
  });
});

describe('styleQuery', () => {
  it('formats only what differs from the default', () => {
    expect(styleQuery(DEFAULT_STYLE)).toBe('');
    expect(styleQuery({ ...DEFAULT_STYLE, background: 'transparent', color: '#ffffff', status: false })).toBe(
      'color=ffffff&background=transparent&status=off',
    );
  });
});

describe('paletteOf', () => {
  it.each([
    '',
    'background=transparent',
    'background=ffffff',
    'background=ffff00',
    'background=00000000',
    'box=222222',
  ])('is readable with %s over any background: text, speakers and partials', (query) => {
    const palette = paletteOf(read(query));
    const background = colourOf(palette.background) ?? { rgb: [0, 0, 0] as const, alpha: 0 };
    const box = colourOf(palette.box) ?? { rgb: [0, 0, 0] as const, alpha: 0 };
    const texts = [palette, ...palette.speakers]
      .flatMap(({ text, partial }) => [text, partial])
      .map((text) => colourOf(text)!);
    const ratios = [BLACK, WHITE]
      .map((picture) => blend(box, blend(background, picture)))
      .flatMap((behind) => texts.map((text) => contrast(blend(text, behind), behind)));

    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(MIN_CONTRAST);
    expect(palette.contrast).toBeGreaterThanOrEqual(MIN_CONTRAST);
  });

  it.each(['color=333333', 'background=777777', 'background=transparent&box=none'])(
    'reports that %s is hard to read',
    (query) => {
      expect(paletteOf(read(query)).contrast).toBeLessThan(MIN_CONTRAST);
    },
  );

  it('matches the contrast ratios of the standard', () => {
    expect(contrast(BLACK, WHITE)).toBeCloseTo(21);
    expect(contrast(colourOf('767676')!, WHITE)).toBeCloseTo(4.54, 2);
  });
});

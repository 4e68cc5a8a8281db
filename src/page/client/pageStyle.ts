import { BLACK, WHITE, colourOf, contrast, blend, cssColour } from './colours.ts';
import type { Colour } from './colours.ts';

/** The style of the page: the parameters of its URL. */
export interface PageStyle {
  /** Height of the letters, in percent of the shorter side of the screen. */
  readonly size: number;
  /** Number of lines; 0 is as many as fit. */
  readonly lines: number;
  /** Colour of the text; `auto` is white or black, whichever contrasts more. */
  readonly color: string;
  readonly background: string;
  /** Colour of the box behind the text; `auto` is dark if the background is not opaque, else none. */
  readonly box: string;
  readonly align: 'start' | 'center' | 'end';
  readonly position: 'top' | 'middle' | 'bottom';
  readonly dir: 'auto' | 'ltr' | 'rtl';
  /** Language of the captions, such as `pt-BR`; empty if not known. */
  readonly lang: string;
  /** `sans`, `serif`, `mono`, or the name of a font that the viewing machine has. */
  readonly font: string;
  readonly uppercase: boolean;
  /** Whether speakers are shown by name and colour, by colour only, or not at all. */
  readonly speakers: 'name' | 'color' | 'off';
  /** Whether a badge shows when the captions are not live, or nothing was spoken yet. */
  readonly status: boolean;
  /** Time without new text after which the captions are cleared, in seconds; 0 is never. */
  readonly clear: number;
}

/** The style of a URL without parameters: a stage screen. */
export const DEFAULT_STYLE: PageStyle = {
  size: 6,
  lines: 0,
  color: 'auto',
  background: '#0b0e14',
  box: 'auto',
  align: 'start',
  position: 'bottom',
  dir: 'auto',
  lang: '',
  font: 'sans',
  uppercase: false,
  speakers: 'name',
  status: true,
  clear: 0,
};

type Readers = { readonly [Name in keyof PageStyle]: (text: string) => PageStyle[Name] | undefined };

/** What each parameter can be, for messages. */
export const EXPECTED: Readonly<Record<keyof PageStyle, string>> = {
  size: '1 to 50',
  lines: 'a whole number from 0 to 20',
  color: 'auto, or a colour such as ffd75e',
  background: 'transparent, or a colour such as 0b0e14',
  box: 'auto, none, or a colour such as 000000cc',
  align: 'start, center or end',
  position: 'top, middle or bottom',
  dir: 'auto, ltr or rtl',
  lang: 'a language tag such as pt-BR',
  font: 'sans, serif, mono, or the name of a font',
  uppercase: 'on or off',
  speakers: 'name, color or off',
  status: 'on or off',
  clear: '0 to 600 seconds',
};

/** Parses each parameter. Invalid values leave the default; numbers out of range are clamped. */
const READERS: Readers = {
  size: (text) => within(text, 1, 50),
  lines: (text) => Math.round(within(text, 0, 20) ?? Number.NaN) || (Number(text) === 0 ? 0 : undefined),
  color: (text) => (text === 'auto' ? text : hex(text)),
  background: (text) => (text === 'transparent' ? text : hex(text)),
  box: (text) => (text === 'auto' || text === 'none' ? text : hex(text)),
  align: oneOf('start', 'center', 'end'),
  position: oneOf('top', 'middle', 'bottom'),
  dir: oneOf('auto', 'ltr', 'rtl'),
  lang: (text) => (/^[a-z]{2,8}(-[a-z\d]{1,8}){0,4}$/i.test(text) ? text : undefined),
  font: (text) => (/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,63}$/u.test(text) ? text : undefined),
  uppercase: onOff,
  speakers: oneOf('name', 'color', 'off'),
  status: onOff,
  clear: (text) => within(text, 0, 600),
};

const NAMES = Object.keys(DEFAULT_STYLE) as (keyof PageStyle)[];

/** Parses one parameter; `undefined` if it is invalid. */
export function readParameter(name: keyof PageStyle, text: string): PageStyle[keyof PageStyle] | undefined {
  return READERS[name](text);
}

/** Parses the style from the parameters of a URL. Any parameters give a valid style. */
export function parseStyle(parameters: URLSearchParams): PageStyle {
  const read = NAMES.map((name) => [name, readParameter(name, (parameters.get(name) ?? '').trim())] as const);
  const given = read.filter(([name, value]) => parameters.has(name) && value !== undefined);
  return { ...DEFAULT_STYLE, ...Object.fromEntries(given) };
}

/** Formats the parameters of a style that differ from the default. */
export function styleQuery(style: PageStyle): string {
  const changed = NAMES.filter((name) => style[name] !== DEFAULT_STYLE[name]);
  return new URLSearchParams(changed.map((name) => [name, parameter(style[name])])).toString();
}

function parameter(value: PageStyle[keyof PageStyle]): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value).replace(/^#/, '');
}

/** The colours that result from a style. */
export interface Palette {
  readonly background: string;
  /** Of the box behind the text; `transparent` without a box. */
  readonly box: string;
  readonly text: string;
  /** Of partials. */
  readonly partial: string;
  /** Of the speakers, by their index modulo the length. */
  readonly speakers: readonly { readonly text: string; readonly partial: string }[];
  /** The lowest contrast of all texts, over any picture behind the page. */
  readonly contrast: number;
}

/** The contrast that WCAG 2 requires of text at level AA. */
export const MIN_CONTRAST = 4.5;

/** Colours of speakers on dark and on bright backgrounds. */
const ON_DARK = ['#ffd75e', '#7fdbff', '#a5e87a', '#ffb3d9', '#ffb98a', '#cdbdff', '#86ecd0', '#e8e4a0'];
const ON_BRIGHT = ['#7a4300', '#00507a', '#205c00', '#8f004f', '#8a2800', '#4b2aa8', '#005a4a', '#56500a'];
/** The automatic box over an unknown background. */
const AUTO_BOX: Colour = { ...BLACK, alpha: 0.8 };
const NONE: Colour = { ...BLACK, alpha: 0 };
/** Transparency of partials. */
const PARTIAL_FADE = 0.3;

/** Resolves the colours of a style; automatic ones are always readable. */
export function paletteOf({ color, background, box, speakers }: PageStyle): Palette {
  const ground = colourOf(background) ?? NONE;
  const behind = box === 'auto' ? (ground.alpha < 1 ? AUTO_BOX : NONE) : (colourOf(box) ?? NONE);
  // what is behind the letters, over the darkest and the brightest picture
  const grounds = [BLACK, WHITE].map((picture) => blend(behind, blend(ground, picture)));
  const least = (text: Colour): number => Math.min(...grounds.map((one) => contrast(blend(text, one), one)));
  const dark = least(WHITE) >= least(BLACK);
  const text = colourOf(color) ?? (dark ? WHITE : BLACK);
  const faded = (one: Colour): Colour => {
    const dimmed = { ...one, alpha: one.alpha * (1 - PARTIAL_FADE) };
    return least(dimmed) >= MIN_CONTRAST ? dimmed : one;
  };
  const speakerColours = (dark ? ON_DARK : ON_BRIGHT).map((speaker) => colourOf(speaker) ?? text);
  return {
    background: ground.alpha === 0 ? 'transparent' : cssColour(ground),
    box: behind.alpha === 0 ? 'transparent' : cssColour(behind),
    text: cssColour(text),
    partial: cssColour(faded(text)),
    speakers: speakerColours.map((speaker) => ({ text: cssColour(speaker), partial: cssColour(faded(speaker)) })),
    contrast: Math.min(...[text, ...(speakers === 'off' ? [] : speakerColours)].map(least)),
  };
}

function within(text: string, least: number, most: number): number | undefined {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : Math.min(most, Math.max(least, value));
}

function hex(text: string): string | undefined {
  const colour = colourOf(text);
  return colour && cssColour(colour);
}

function oneOf<const Value extends string>(...values: readonly Value[]): (text: string) => Value | undefined {
  return (text) => values.find((value) => value === text);
}

function onOff(text: string): boolean | undefined {
  if (/^(on|1|true|yes)$/i.test(text)) return true;
  return /^(off|0|false|no)$/i.test(text) ? false : undefined;
}

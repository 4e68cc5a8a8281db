import { BLACK, WHITE, colourOf, contrast, over, written } from './colours.ts';
import type { Colour } from './colours.ts';

/** How the page looks: the parameters of its address. */
export interface Look {
  /** Height of the letters, in percent of the shorter side of the screen. */
  readonly size: number;
  /** How many lines are shown; 0 is as many as fit. */
  readonly lines: number;
  /** Colour of the text; `auto` is white or black, what the background asks for. */
  readonly color: string;
  readonly background: string;
  /** Colour behind each line; `auto` is dark where the background is not opaque, else none. */
  readonly box: string;
  readonly align: 'start' | 'center' | 'end';
  readonly position: 'top' | 'middle' | 'bottom';
  readonly dir: 'auto' | 'ltr' | 'rtl';
  /** Language of what is said, as in `pt-BR`; empty where it is not known. */
  readonly lang: string;
  /** `sans`, `serif`, `mono`, or the name of a font of the machine that shows the page. */
  readonly font: string;
  readonly uppercase: boolean;
  /** Whether speakers are told by name and colour, by colour alone, or not at all. */
  readonly speakers: 'name' | 'color' | 'off';
  /** Whether it is said when the captions are not live. */
  readonly status: boolean;
}

/** How it looks unless the address says otherwise: a stage screen. */
export const DEFAULT_LOOK: Look = {
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
};

type Readers = { readonly [Name in keyof Look]: (text: string) => Look[Name] | undefined };

/** What each parameter takes; what it does not take leaves the default. Numbers out of range are brought into it. */
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
};

const NAMES = Object.keys(DEFAULT_LOOK) as (keyof Look)[];

/** Reads the look from the parameters of an address. Whatever they are, it is a look. */
export function lookOf(parameters: URLSearchParams): Look {
  const read = NAMES.map((name) => [name, READERS[name]((parameters.get(name) ?? '').trim())] as const);
  const given = read.filter(([name, value]) => parameters.has(name) && value !== undefined);
  return { ...DEFAULT_LOOK, ...Object.fromEntries(given) };
}

/** Writes a look as parameters of an address: those that differ from the default. */
export function queryOf(look: Look): string {
  const changed = NAMES.filter((name) => look[name] !== DEFAULT_LOOK[name]);
  return new URLSearchParams(changed.map((name) => [name, parameter(look[name])])).toString();
}

function parameter(value: Look[keyof Look]): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value).replace(/^#/, '');
}

/** The colours that a look comes to. */
export interface Paint {
  readonly background: string;
  /** Behind each line; `transparent` where nothing is. */
  readonly box: string;
  readonly text: string;
  /** Of what is being said and may still change. */
  readonly partial: string;
  /** Of the speakers, by their number; the last is followed by the first. */
  readonly voices: readonly { readonly text: string; readonly partial: string }[];
  /** The least contrast among all of these, whatever picture may be behind. */
  readonly contrast: number;
}

/** The least contrast of text that WCAG 2 asks for at level AA. */
export const ENOUGH = 4.5;

/** Colours of speakers on what is dark, and on what is bright. */
const ON_DARK = ['#ffd75e', '#7fdbff', '#a5e87a', '#ffb3d9', '#ffb98a', '#cdbdff', '#86ecd0', '#e8e4a0'];
const ON_BRIGHT = ['#7a4300', '#00507a', '#205c00', '#8f004f', '#8a2800', '#4b2aa8', '#005a4a', '#56500a'];
/** Behind the text where anything may be behind it. */
const AUTO_BOX: Colour = { ...BLACK, alpha: 0.8 };
const NONE: Colour = { ...BLACK, alpha: 0 };
/** How much of the background shines through what may still change. */
const OPEN = 0.3;

/** Chooses the colours of a look, so that they can be read wherever it leaves the choice. */
export function paintOf({ color, background, box, speakers }: Look): Paint {
  const ground = colourOf(background) ?? NONE;
  const behind = box === 'auto' ? (ground.alpha < 1 ? AUTO_BOX : NONE) : (colourOf(box) ?? NONE);
  // what lies behind the letters: with the darkest and the brightest picture behind everything
  const grounds = [BLACK, WHITE].map((picture) => over(behind, over(ground, picture)));
  const least = (text: Colour): number => Math.min(...grounds.map((one) => contrast(over(text, one), one)));
  const dark = least(WHITE) >= least(BLACK);
  const text = colourOf(color) ?? (dark ? WHITE : BLACK);
  const open = (one: Colour): Colour => {
    const dimmed = { ...one, alpha: one.alpha * (1 - OPEN) };
    return least(dimmed) >= ENOUGH ? dimmed : one;
  };
  const voices = (dark ? ON_DARK : ON_BRIGHT).map((voice) => colourOf(voice) ?? text);
  return {
    background: ground.alpha === 0 ? 'transparent' : written(ground),
    box: behind.alpha === 0 ? 'transparent' : written(behind),
    text: written(text),
    partial: written(open(text)),
    voices: voices.map((voice) => ({ text: written(voice), partial: written(open(voice)) })),
    contrast: Math.min(...[text, ...(speakers === 'off' ? [] : voices)].map(least)),
  };
}

function within(text: string, least: number, most: number): number | undefined {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : Math.min(most, Math.max(least, value));
}

function hex(text: string): string | undefined {
  const colour = colourOf(text);
  return colour && written(colour);
}

function oneOf<const Value extends string>(...values: readonly Value[]): (text: string) => Value | undefined {
  return (text) => values.find((value) => value === text);
}

function onOff(text: string): boolean | undefined {
  if (/^(on|1|true|yes)$/i.test(text)) return true;
  return /^(off|0|false|no)$/i.test(text) ? false : undefined;
}

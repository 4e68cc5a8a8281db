/** Red, green and blue from 0 to 255, and opacity from 0 to 1. */
export interface Colour {
  readonly rgb: readonly [number, number, number];
  readonly alpha: number;
}

export const BLACK: Colour = { rgb: [0, 0, 0], alpha: 1 };
export const WHITE: Colour = { rgb: [255, 255, 255], alpha: 1 };

/** Reads `rgb`, `rrggbb` or `rrggbbaa`, with or without `#`; `undefined` for anything else. */
export function colourOf(text: string): Colour | undefined {
  const [, digits = ''] = /^#?([\da-f]{3}|[\da-f]{6}|[\da-f]{8})$/i.exec(text) ?? [];
  if (digits === '') return undefined;
  const long = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits;
  const [red = 0, green = 0, blue = 0, alpha = 255] = (long.match(/../g) ?? []).map((pair) =>
    Number.parseInt(pair, 16),
  );
  return { rgb: [red, green, blue], alpha: alpha / 255 };
}

/** Formats a colour for CSS, `#rrggbb` or `#rrggbbaa`. */
export function cssColour({ rgb, alpha }: Colour): string {
  const pairs = [...rgb, ...(alpha < 1 ? [alpha * 255] : [])];
  return `#${pairs.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}

/** Blends a colour over an opaque one. */
export function blend(top: Colour, under: Colour): Colour {
  const mix = (index: 0 | 1 | 2): number => top.rgb[index] * top.alpha + under.rgb[index] * (1 - top.alpha);
  return { rgb: [mix(0), mix(1), mix(2)], alpha: 1 };
}

/**
 * Returns the contrast ratio of two opaque colours, 1 to 21.
 *
 * @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */
export function contrast(first: Colour, second: Colour): number {
  const [darker = 0, lighter = 0] = [luminance(first), luminance(second)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance({ rgb }: Colour): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const channel = value / 255;
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

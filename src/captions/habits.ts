/**
 * The habits of broadcasters, in columns and milliseconds.
 *
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/215758617-Timed-Text-Style-Guide-General-Requirements
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977-English-USA-Timed-Text-Style-Guide
 * @see https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles/
 */

/** Columns of a line; Netflix, for English. */
export const COLUMNS = 42;
/** The longest time of a cue; Netflix. */
export const LONGEST_MS = 7000;
/** The shortest time of a cue; Netflix says 5/6 s, most others 1 s. */
export const SHORTEST_MS = 1000;
/** 20 columns a second; Netflix, for English and grown-up readers. */
export const MS_PER_COLUMN = 50;
/** How far a cue may be off what is said, before and after; BBC. */
export const LEEWAY_MS = 1500;

/** How long so many columns should stay, in milliseconds. */
export function readable(columns: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round(columns * MS_PER_COLUMN)));
}

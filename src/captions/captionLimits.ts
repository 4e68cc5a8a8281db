/**
 * Limits that broadcasters set for captions.
 *
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/215758617-Timed-Text-Style-Guide-General-Requirements
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977-English-USA-Timed-Text-Style-Guide
 * @see https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles/
 */

/** Columns per line (Netflix, English). */
export const LINE_COLUMNS = 42;
/** Longest cue, in milliseconds (Netflix). */
export const MAX_CUE_MS = 7000;
/** Shortest cue, in milliseconds (Netflix 5/6 s, most others 1 s). */
export const MIN_CUE_MS = 1000;
/** Reading speed: 20 columns per second (Netflix, English, adults). */
export const READING_MS_PER_COLUMN = 50;
/** How far a cue may be from the speech, before or after, in milliseconds (BBC). */
export const MAX_DRIFT_MS = 1500;

/** Returns how long a text of this width should be shown, in milliseconds. */
export function readingMs(columns: number): number {
  return Math.min(MAX_CUE_MS, Math.max(MIN_CUE_MS, Math.round(columns * READING_MS_PER_COLUMN)));
}

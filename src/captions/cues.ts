import type { FinalTurn } from '../../operators/events.ts';
import { breaks } from './breaks.ts';
import { COLUMNS, LEEWAY_MS, LONGEST_MS, MS_PER_COLUMN, SHORTEST_MS, readable } from './habits.ts';
import { Ruler } from './lines.ts';
import { named, unitsOf } from './units.ts';
import type { Unit } from './units.ts';

/** What stands on the screen for a while: one or two lines, and from when to when, on the audio clock. */
export interface Cue {
  /** Milliseconds since the first byte of audio. */
  readonly startMs: number;
  /** Milliseconds since the first byte of audio, later than `startMs`. */
  readonly endMs: number;
  /** One or two lines of at most 42 columns, in logical order, without markup. */
  readonly lines: readonly string[];
  /** Who speaks, where that is known. */
  readonly speaker?: string;
}

/** What a turn finds on the screen. */
export interface CueOptions {
  /** When the cue before ends, in milliseconds on the audio clock: no cue starts earlier. @defaultValue 0 */
  readonly after?: number;
  /** Whether to write who speaks into the lines, as `Ann: Hello.`, where somebody else spoke before. @defaultValue false */
  readonly named?: boolean;
  /** Who speaks in the cue before; for `named`. @defaultValue nobody */
  readonly speaker?: string | undefined;
}

/**
 * Turns a final turn into cues by the habits of broadcasters.
 *
 * A cue has at most 2 lines of 42 columns, stays for 1 to 7 s, and long enough to be read at 20 columns a second where
 * the speech allows: it may stay into the silence that follows, 1.5 s at most. Cues never overlap. They break after
 * sentences, else clauses, else words, and wherever somebody else speaks or nobody does for 1.5 s. Widths are those on
 * a screen: a wide character takes 2 columns, a combining mark none. Text stays in logical order. The same turn after
 * the same cue always gives the same cues, so what is written needs no change when the next turn comes.
 *
 * @example
 * import { cues } from 'rxscribe/captions';
 *
 * const word = { confidence: 0.9, word_is_final: true };
 * const [cue] = cues({
 *   type: 'Turn', session: 0, turn_order: 0, isFinal: true, end_of_turn: true, turn_is_formatted: true,
 *   end_of_turn_confidence: 1, transcript: 'Good morning.',
 *   words: [{ ...word, text: 'Good', start: 500, end: 700 }, { ...word, text: 'morning.', start: 700, end: 1100 }],
 * });
 * console.log(cue); // { startMs: 500, endMs: 1500, lines: [ 'Good morning.' ] }
 *
 * @param turn A final turn, its times on the audio clock.
 * @returns Cues in order; none when the turn has no text.
 * @see https://partnerhelp.netflixstudios.com/hc/en-us/articles/215758617-Timed-Text-Style-Guide-General-Requirements
 * @see https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles/
 */
export function cues(turn: FinalTurn, options: CueOptions = {}): Cue[] {
  const { after = 0, named: withNames = false, speaker: before } = options;
  const said = unitsOf(turn, COLUMNS, after, MS_PER_COLUMN);
  const units = withNames ? named(said, COLUMNS, before) : said;
  const ruler = new Ruler(units);
  let free = after;
  let from = 0;
  return breaks(units, ruler).map((to) => {
    const first = units[from]!;
    const startMs = Math.max(first.startMs, free);
    const endMs = endOf(startMs, ruler.columns(from, to), units[to - 1]!, units[to]);
    const lines = ruler.lines(from, to, COLUMNS);
    free = endMs;
    from = to;
    return { startMs, endMs, lines, ...(first.speaker !== undefined && { speaker: first.speaker }) };
  });
}

/** When a cue ends: when its last word does, or when it was read, but before the next word, if that leaves a second. */
function endOf(startMs: number, columns: number, { endMs }: Unit, next: Unit | undefined): number {
  const latest = endMs + LEEWAY_MS;
  const wanted = Math.max(endMs, Math.min(startMs + readable(columns), latest));
  const bound = next ? Math.max(next.startMs, Math.min(startMs + SHORTEST_MS, latest)) : Infinity;
  return Math.max(startMs + 1, Math.min(wanted, bound, startMs + LONGEST_MS));
}

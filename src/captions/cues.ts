import type { FinalTurn } from '../../operators/events.ts';
import { segmentsOf, withSpeakerNames } from './breakOpportunities.ts';
import type { Segment } from './breakOpportunities.ts';
import {
  LINE_COLUMNS,
  MAX_CUE_MS,
  MAX_DRIFT_MS,
  MIN_CUE_MS,
  READING_MS_PER_COLUMN,
  readingMs,
} from './captionLimits.ts';
import { cueEnds } from './cueEnds.ts';
import { LineLayout } from './lineLayout.ts';

/** One or two lines, and when they are shown, on the audio clock. */
export interface Cue {
  /** Milliseconds since the first byte of audio. */
  readonly startMs: number;
  /** Milliseconds since the first byte of audio, later than `startMs`. */
  readonly endMs: number;
  /** One or two lines of at most 42 columns, in logical order, without markup. */
  readonly lines: readonly string[];
  /** The speaker, if known. */
  readonly speaker?: string;
}

/** The state of the screen before a turn. */
export interface CueOptions {
  /** When the previous cue ends, in milliseconds on the audio clock: no cue starts earlier. @defaultValue 0 */
  readonly after?: number;
  /** Whether lines begin with the speaker, as in `Ann: Hello.`, where the speaker changes. @defaultValue false */
  readonly named?: boolean;
  /** The speaker of the previous cue, for `named`. @defaultValue none */
  readonly speaker?: string | undefined;
}

/**
 * Turns a final turn into cues within the limits that broadcasters set.
 *
 * A cue has at most 2 lines of 42 columns and is shown for 1 to 7 s. It stays long enough to be read at 20 columns per
 * second where the speech allows, at most 1.5 s into the silence after it. Cues never overlap. They break after
 * sentences, else clauses, else words, and wherever the speaker changes or pauses for 1.5 s. Widths are columns on a
 * screen: a wide character takes 2, a combining mark none. Text stays in logical order. The result depends only on the
 * turn and the options, so cues already written never change when the next turn arrives.
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
  const { after = 0, named = false, speaker: previous } = options;
  const unnamed = segmentsOf(turn, LINE_COLUMNS, after, READING_MS_PER_COLUMN);
  const segments = named ? withSpeakerNames(unnamed, LINE_COLUMNS, previous) : unnamed;
  const layout = new LineLayout(segments);
  let earliest = after;
  let from = 0;
  return cueEnds(segments, layout).map((to) => {
    const first = segments[from]!;
    const startMs = Math.max(first.startMs, earliest);
    const endMs = endOf(startMs, layout.columns(from, to), segments[to - 1]!, segments[to]);
    const lines = layout.lines(from, to, LINE_COLUMNS);
    earliest = endMs;
    from = to;
    return { startMs, endMs, lines, ...(first.speaker !== undefined && { speaker: first.speaker }) };
  });
}

/** Ends a cue with its last word or once it was read, but before the next word if that leaves a second. */
function endOf(startMs: number, columns: number, { endMs }: Segment, next: Segment | undefined): number {
  const latest = endMs + MAX_DRIFT_MS;
  const wanted = Math.max(endMs, Math.min(startMs + readingMs(columns), latest));
  const bound = next ? Math.max(next.startMs, Math.min(startMs + MIN_CUE_MS, latest)) : Infinity;
  return Math.max(startMs + 1, Math.min(wanted, bound, startMs + MAX_CUE_MS));
}

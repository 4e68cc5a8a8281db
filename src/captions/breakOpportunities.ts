import type { FinalTurn } from '../../operators/events.ts';
import { columnsOf } from './columnsOf.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';
import { textSlices } from './textSlices.ts';
import { wordTiming } from './wordTiming.ts';
import type { Timing } from './wordTiming.ts';

/** What ends at a break opportunity, from the best place to break to the worst. */
export type BreakQuality = 'sentence' | 'clause' | 'word';

/** Text between two break opportunities, usually one word: it is never broken. */
export interface Segment extends Timing {
  readonly text: string;
  /** Width on a screen, in columns. */
  readonly columns: number;
  /** Whether a space precedes it. */
  readonly spaced: boolean;
  /** What ends with it. */
  readonly breakAfter: BreakQuality;
}

type Piece = Pick<Segment, 'text' | 'columns' | 'spaced'>;

const SENTENCE = /[.!?…。！？｡؟۔।॥]["'”’»›)\]」』】）]*$/u;
const CLAUSE = /[,;:–—،؛、，；：]["'”’»›)\]」』】）]*$/u;
const LOWER_CASE = /^\p{Ll}/u;
/** Longer texts without a space, of half an hour and more, are cut anywhere: looking for their words takes too long. */
const MAX_UNSPACED = 10_000;
/** A silence this long ends a clause as a comma does, in milliseconds. */
const PAUSE_MS = 300;

const wordSegmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
const graphemeSegmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Opening quotation marks and brackets belong to the next word, all other marks to the previous one. */
const OPENING = /^[\p{Ps}\p{Pi}]+$/u;

/**
 * Splits a turn at its break opportunities into segments, each with its timing and speaker.
 *
 * @param columns Columns per line: wider text is split between words where its script has no spaces, or else between
 *   characters.
 * @param after When a turn without word times starts, in milliseconds on the audio clock.
 * @param msPerColumn How long each column of such a turn takes, in milliseconds.
 */
export function segmentsOf(turn: FinalTurn, columns: number, after: number, msPerColumn: number): Segment[] {
  const text = singleLine(turn.transcript);
  const tokens = text.split(' ').filter(Boolean);
  const endMs = after + Math.round(columnsOf(text) * msPerColumn);
  const timing = wordTiming(turn, tokens, { startMs: after, endMs, speaker: speakerName(turn.speaker_label) });
  let from = 0;
  // one list and no copies, because a turn may have 300,000 segments
  const segments: (Segment & { breakAfter: BreakQuality })[] = [];
  for (const piece of tokens.flatMap((token) => piecesOf(token, columns))) {
    const to = from + piece.text.length;
    const time = timing(from, to);
    segments.push({
      text: piece.text,
      columns: piece.columns,
      spaced: piece.spaced,
      breakAfter: 'word',
      startMs: time.startMs,
      endMs: time.endMs,
      speaker: time.speaker,
    });
    from = to;
  }
  for (const [index, segment] of segments.entries()) segment.breakAfter = breakBetween(segment, segments[index + 1]);
  return segments;
}

function breakBetween(segment: Segment, next: Segment | undefined): BreakQuality {
  if (SENTENCE.test(segment.text) && !LOWER_CASE.test(next?.text ?? '')) return 'sentence';
  return CLAUSE.test(segment.text) || (next && next.startMs - segment.endMs >= PAUSE_MS) ? 'clause' : 'word';
}

function piecesOf(token: string, columns: number): Piece[] {
  if (token.length > MAX_UNSPACED) {
    const parts = textSlices(token, columns >> 1); // no character is wider than 2 columns
    return parts.map((text, index) => ({ text, columns: columnsOf(text), spaced: index === 0 }));
  }
  const width = columnsOf(token);
  if (width <= columns) return [{ text: token, columns: width, spaced: true }];
  const pieces: Piece[] = [];
  for (const word of wordsOf(token)) {
    for (const part of cut(word, columns)) {
      pieces.push({ text: part.text, columns: part.columns, spaced: pieces.length === 0 });
    }
  }
  return pieces;
}

/** Splits a text without spaces into words, each with its punctuation. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let [word, isOpening] = ['', true];
  for (const { segment, isWordLike } of segmented(text, wordSegmenter)) {
    const opens = OPENING.test(segment);
    if (!isOpening && (isWordLike || opens)) {
      words.push(word);
      [word, isOpening] = ['', true];
    }
    word += segment;
    isOpening &&= opens;
  }
  words.push(word);
  return words;
}

/**
 * Segments a text piece by piece.
 *
 * @yields One part at a time, because a long text has hundreds of thousands.
 */
function* segmented(text: string, segmenter: Intl.Segmenter): Generator<Intl.SegmentData, void, undefined> {
  for (const slice of textSlices(text)) yield* segmenter.segment(slice);
}

/** Cuts a text between characters as readers perceive them, into parts of at most this many columns. */
function cut(text: string, columns: number): { text: string; columns: number }[] {
  const width = columnsOf(text);
  if (width <= columns) return [{ text, columns: width }];
  const parts: { text: string; columns: number }[] = [];
  let part = { text: '', columns: 0 };
  for (const { segment } of segmented(text, graphemeSegmenter)) {
    const added = columnsOf(segment);
    if (part.columns + added > columns && part.text !== '') {
      parts.push(part);
      part = { text: '', columns: 0 };
    }
    part.text += segment;
    part.columns += added;
  }
  return [...parts, part];
}

/** Writes the speaker before the first segment of each speaker, as in `Ann: Hello.` */
export function withSpeakerNames(
  segments: readonly Segment[],
  columns: number,
  previous: string | undefined,
): Segment[] {
  return segments.flatMap((segment, index) => {
    const { speaker } = segment;
    if (speaker === undefined || speaker === (index === 0 ? previous : segments[index - 1]?.speaker)) return [segment];
    const [short] = cut(speaker, columns - 1);
    const name: Segment = {
      ...segment,
      text: `${short!.text}:`,
      columns: short!.columns + 1,
      breakAfter: 'word',
      spaced: true,
    };
    const together = name.columns + 1 + segment.columns;
    return together <= columns
      ? [{ ...segment, text: `${name.text} ${segment.text}`, columns: together, spaced: true }]
      : [{ ...name, endMs: segment.startMs }, segment];
  });
}

import type { FinalTurn } from '../../operators/events.ts';
import { columnsOf } from './columnsOf.ts';
import { plain } from './plain.ts';
import { speakerOf } from './speaker.ts';
import { timing } from './timing.ts';
import type { Said } from './timing.ts';

/** How good a place to break is: after a sentence, after a clause, between two words. */
export type Stop = 'sentence' | 'clause' | 'word';

/** What is never broken: a word, as a rule. */
export interface Unit extends Said {
  readonly text: string;
  /** How many columns it takes on a screen, wide characters two, combining marks none. */
  readonly columns: number;
  /** Whether a space stands before it. */
  readonly spaced: boolean;
  /** What ends after it. */
  readonly stop: Stop;
}

type Piece = Pick<Unit, 'text' | 'spaced'>;

const SENTENCE = /[.!?…。！？｡؟۔।॥]["'”’»›)\]」』】）]*$/u;
const CLAUSE = /[,;:–—،؛、，；：]["'”’»›)\]」』】）]*$/u;
const LOWER_CASE = /^\p{Ll}/u;
/** A silence that ends a clause as a comma does, in milliseconds. */
const PAUSE_MS = 300;

const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Quotation marks and brackets that open belong to what follows, all other marks to what came before. */
const OPENS = /^[\p{Ps}\p{Pi}]+$/u;

/**
 * Takes a turn apart into what is never broken, each with when it was said and by whom.
 *
 * @param columns How many columns a line has: what is wider is broken between words, where its script has no spaces, or
 *   else between characters.
 * @param after When the turn was said if its words have no times, in milliseconds on the audio clock.
 * @param msPerColumn How long it then took.
 */
export function unitsOf(turn: FinalTurn, columns: number, after: number, msPerColumn: number): Unit[] {
  const tokens = plain(turn.transcript).split(' ').filter(Boolean);
  const endMs = after + Math.round(columnsOf(tokens.join(' ')) * msPerColumn);
  const said = timing(turn, tokens, { startMs: after, endMs, speaker: speakerOf(turn.speaker_label) });
  let from = 0;
  const units = tokens
    .flatMap((token) => piecesOf(token, columns))
    .map((piece) => {
      const to = from + piece.text.length;
      const unit = { ...piece, columns: columnsOf(piece.text), stop: 'word' as const, ...said(from, to) };
      from = to;
      return unit;
    });
  return units.map((unit, index) => ({ ...unit, stop: stopBetween(unit, units[index + 1]) }));
}

function stopBetween(unit: Unit, next: Unit | undefined): Stop {
  if (SENTENCE.test(unit.text) && !LOWER_CASE.test(next?.text ?? '')) return 'sentence';
  return CLAUSE.test(unit.text) || (next && next.startMs - unit.endMs >= PAUSE_MS) ? 'clause' : 'word';
}

function piecesOf(token: string, columns: number): Piece[] {
  if (columnsOf(token) <= columns) return [{ text: token, spaced: true }];
  return wordsOf(token)
    .flatMap((text) => (columnsOf(text) <= columns ? [text] : cut(text, columns)))
    .map((text, index) => ({ text, spaced: index === 0 }));
}

/** The words of a text without spaces, each with the marks that belong to it. */
function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const { segment, isWordLike } of words.segment(text)) {
    const before = found.at(-1);
    const belongs = before !== undefined && (OPENS.test(before) || (!isWordLike && !OPENS.test(segment)));
    if (belongs) found[found.length - 1] = before + segment;
    else found.push(segment);
  }
  return found;
}

/** Cuts between characters as a reader sees them, into parts of so many columns at most. */
function cut(text: string, columns: number): string[] {
  const parts = [''];
  let free = columns;
  for (const { segment } of graphemes.segment(text)) {
    const width = columnsOf(segment);
    if (width > free && parts.at(-1) !== '') {
      parts.push('');
      free = columns;
    }
    parts[parts.length - 1] += segment;
    free -= width;
  }
  return parts;
}

/** Writes who speaks before what they say, wherever somebody else spoke before. */
export function named(units: readonly Unit[], columns: number, before: string | undefined): Unit[] {
  return units.flatMap((unit, index) => {
    const { speaker } = unit;
    if (speaker === undefined || speaker === (index === 0 ? before : units[index - 1]?.speaker)) return [unit];
    const [short = ''] = cut(speaker, columns - 1);
    const name: Unit = { ...unit, text: `${short}:`, columns: columnsOf(short) + 1, stop: 'word', spaced: true };
    const together = name.columns + 1 + unit.columns;
    return together <= columns
      ? [{ ...unit, text: `${name.text} ${unit.text}`, columns: together, spaced: true }]
      : [{ ...name, endMs: unit.startMs }, unit];
  });
}

import { finalExtras, turnMessage, wireWord } from './turn.ts';
import type { EndedTurn, Message, OpenTurn, Telling, TurnStyle } from './turn.ts';
import type { Heard } from './recogniser.ts';

/**
 * How the Universal-Streaming models tell a turn: a message per word, in which all words are final but the last, whose
 * beginning is told; the phrase as `utterance` at a pause; one final or two.
 */
export const universalStyle: TurnStyle = {
  perWord: true,
  utteranceMs: ({ minSilenceMs }) => minSilenceMs / 2,
  confidence: ({ words }) => confidence(words.at(-1)),
  partial: (turn, telling) =>
    turn.speaking === undefined ? [] : [growing(turn, turn.words, turn.speaking, telling, '')],
  pause: (turn, telling) => {
    const phrase = formatted(turn.words.slice(turn.uttered));
    turn.uttered = turn.words.length;
    return [growing(turn, turn.words.slice(0, -1), turn.words.at(-1)!, telling, phrase)];
  },
  final: (turn, telling) => {
    const { finals } = telling.settings;
    const phrase = formatted(turn.words.slice(turn.uttered));
    const shown = finals === 'both' ? [false, true] : [finals === 'formatted'];
    return shown.map((asFormatted, index) => ended(turn, asFormatted, index === 0 ? phrase : '', telling));
  },
  empty: (turn, telling) => [ended(turn, telling.settings.finals === 'formatted', '', telling)],
  farewell: (order, telling) => universalStyle.empty({ order, words: [] }, telling),
};

function growing(turn: OpenTurn, final: readonly Heard[], last: Heard, telling: Telling, utterance: string): Message {
  const show = telling.settings.finals === 'formatted' ? keep : plain;
  return turnMessage({
    order: turn.order,
    formatted: telling.settings.finals === 'formatted',
    end: false,
    transcript: final.map(({ text }) => show(text)).join(' '),
    confidence: utterance === '' ? 0.0121 : confidence(last),
    words: [...final.map((word) => wireWord(word, show(word.text), true)), wireWord(last, show(last.text), false)],
    utterance,
  });
}

function ended(turn: EndedTurn, asFormatted: boolean, utterance: string, telling: Telling): Message {
  const show = asFormatted ? keep : plain;
  return turnMessage({
    order: turn.order,
    formatted: asFormatted,
    end: true,
    transcript: turn.words.map(({ text }) => show(text)).join(' '),
    confidence: confidence(turn.words.at(-1)),
    words: turn.words.map((word) => wireWord(word, show(word.text), true, telling.speakers?.ofWord(word))),
    utterance,
    extra: finalExtras(turn, telling),
  });
}

function confidence(last: Heard | undefined): number {
  return last !== undefined && /[.?!]$/.test(last.text) ? 0.71 : 0.18;
}

function formatted(words: readonly Heard[]): string {
  return words.map(({ text }) => text).join(' ');
}

function keep(text: string): string {
  return text;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[.,?!;:]+(?=~?$)/, '');
}

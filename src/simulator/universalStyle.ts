import type { EndedTurn, OpenTurn } from './openTurn.ts';
import type { RecognisedWord } from './recogniser.ts';
import { turnMessage, wireWord, type ServiceMessage } from './serviceMessage.ts';
import { finalExtras, type TurnContext, type TurnStyle } from './turnStyle.ts';

/**
 * How the Universal-Streaming models send a turn: one message per word, in which every word is final except the last, which
 * may be incomplete; the phrase as `utterance` at a pause; one final or two.
 */
export const universalStyle: TurnStyle = {
  perWord: true,
  utteranceMs: ({ minSilenceMs }) => minSilenceMs / 2,
  confidence: ({ words }) => confidence(words.at(-1)),
  partial: (turn, context) =>
    turn.currentWord === undefined ? [] : [growing(turn, turn.words, turn.currentWord, context, '')],
  pause: (turn, context) => {
    const phrase = joined(turn.words.slice(turn.wordsUttered));
    turn.wordsUttered = turn.words.length;
    return [growing(turn, turn.words.slice(0, -1), turn.words.at(-1)!, context, phrase)];
  },
  final: (turn, context) => {
    const { finals } = context.settings;
    const phrase = joined(turn.words.slice(turn.wordsUttered));
    const forms = finals === 'both' ? [false, true] : [finals === 'formatted'];
    return forms.map((formatted, index) => ended(turn, formatted, index === 0 ? phrase : '', context));
  },
  empty: (turn, context) => [ended(turn, context.settings.finals === 'formatted', '', context)],
  closing: (order, context) => universalStyle.empty({ order, words: [] }, context),
};

function growing(
  turn: OpenTurn,
  finalWords: readonly RecognisedWord[],
  last: RecognisedWord,
  context: TurnContext,
  utterance: string,
): ServiceMessage {
  const write = context.settings.finals === 'formatted' ? unchanged : plain;
  return turnMessage({
    order: turn.order,
    formatted: context.settings.finals === 'formatted',
    end: false,
    transcript: finalWords.map(({ text }) => write(text)).join(' '),
    confidence: utterance === '' ? 0.0121 : confidence(last),
    words: [
      ...finalWords.map((word) => wireWord(word, write(word.text), true)),
      wireWord(last, write(last.text), false),
    ],
    utterance,
  });
}

function ended(turn: EndedTurn, formatted: boolean, utterance: string, context: TurnContext): ServiceMessage {
  const write = formatted ? unchanged : plain;
  return turnMessage({
    order: turn.order,
    formatted,
    end: true,
    transcript: turn.words.map(({ text }) => write(text)).join(' '),
    confidence: confidence(turn.words.at(-1)),
    words: turn.words.map((word) => wireWord(word, write(word.text), true, context.speakers?.labelOf(word))),
    utterance,
    extra: finalExtras(turn, context),
  });
}

function confidence(last: RecognisedWord | undefined): number {
  return last !== undefined && /[.?!]$/.test(last.text) ? 0.71 : 0.18;
}

function joined(words: readonly RecognisedWord[]): string {
  return words.map(({ text }) => text).join(' ');
}

function unchanged(text: string): string {
  return text;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[.,?!;:]+(?=~?$)/, '');
}

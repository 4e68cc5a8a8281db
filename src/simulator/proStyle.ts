import type { EndedTurn, OpenTurn } from './openTurn.ts';
import { turnMessage, wireWord, type ServiceMessage, type TurnContent } from './serviceMessage.ts';
import { finalExtras, type TurnContext, type TurnStyle } from './turnStyle.ts';

/**
 * How the Pro models send a turn: `SpeechStarted` right before the first message, partials that repeat the whole turn and
 * may change earlier words, one formatted final.
 */
export const proStyle: TurnStyle = {
  perWord: false,
  utteranceMs: () => Infinity,
  confidence: ({ words }) => (/[.?!]$/.test(words.at(-1)?.text ?? '') ? 1 : 0),
  partial: (turn) => {
    const words = [...turn.words, ...(turn.currentWord?.text ? [turn.currentWord] : [])];
    if (words.length === 0) return [];
    const texts = words.map(({ text }, index) => (index === words.length - 1 ? uncertain(text, index) : text));
    return withSpeechStarted(turn, {
      order: turn.order,
      formatted: true,
      end: false,
      transcript: texts.join(' '),
      confidence: 0,
      words: words.map((word, index) => wireWord(word, texts[index]!, false)),
      utterance: '',
    });
  },
  pause: (turn, context) => proStyle.partial(turn, context),
  final: (turn, context) => withSpeechStarted(turn, ended(turn, context)),
  empty: (turn, context) => [turnMessage(ended(turn, context))],
  closing: () => [],
};

function ended({ order, words }: EndedTurn, context: TurnContext): TurnContent {
  const transcript = words.map(({ text }) => text).join(' ');
  return {
    order,
    formatted: true,
    end: true,
    transcript,
    confidence: 1,
    words: words.map((word) => wireWord(word, word.text, true, context.speakers?.labelOf(word))),
    utterance: transcript,
    extra: finalExtras({ order, words }, context),
  };
}

function withSpeechStarted(turn: OpenTurn, content: TurnContent): ServiceMessage[] {
  if (turn.messagesSent > 0) return [turnMessage(content)];
  return [{ type: 'SpeechStarted', timestamp: Math.round(turn.startMs), confidence: 0.96 }, turnMessage(content)];
}

/** The last word of a partial, which later audio may change: without punctuation, and every third one cut in half. */
function uncertain(text: string, index: number): string {
  const plain = text.replace(/[.,?!;:]+$/, '');
  return index % 3 === 1 ? `${plain.slice(0, Math.ceil(plain.length / 2))}—` : plain;
}

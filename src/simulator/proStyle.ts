import { finalExtras, turnMessage, wireWord } from './turn.ts';
import type { EndedTurn, Message, OpenTurn, Telling, TurnMessage, TurnStyle } from './turn.ts';

/**
 * How the Pro models tell a turn: `SpeechStarted` right before the first message, partials that repeat the whole turn and
 * may change words told before, one formatted final.
 */
export const proStyle: TurnStyle = {
  perWord: false,
  utteranceMs: () => Infinity,
  confidence: ({ words }) => (/[.?!]$/.test(words.at(-1)?.text ?? '') ? 1 : 0),
  partial: (turn) => {
    const words = [...turn.words, ...(turn.speaking?.text ? [turn.speaking] : [])];
    if (words.length === 0) return [];
    const texts = words.map(({ text }, index) => (index === words.length - 1 ? misheard(text, index) : text));
    return started(turn, {
      order: turn.order,
      formatted: true,
      end: false,
      transcript: texts.join(' '),
      confidence: 0,
      words: words.map((word, index) => wireWord(word, texts[index]!, false)),
      utterance: '',
    });
  },
  pause: (turn, telling) => proStyle.partial(turn, telling),
  final: (turn, telling) => started(turn, ended(turn, telling)),
  empty: (turn, telling) => [turnMessage(ended(turn, telling))],
  farewell: () => [],
};

function ended({ order, words }: EndedTurn, telling: Telling): TurnMessage {
  const transcript = words.map(({ text }) => text).join(' ');
  return {
    order,
    formatted: true,
    end: true,
    transcript,
    confidence: 1,
    words: words.map((word) => wireWord(word, word.text, true, telling.speakers?.ofWord(word))),
    utterance: transcript,
    extra: finalExtras({ order, words }, telling),
  };
}

function started(turn: OpenTurn, message: TurnMessage): Message[] {
  if (turn.told > 0) return [turnMessage(message)];
  return [{ type: 'SpeechStarted', timestamp: Math.round(turn.startMs), confidence: 0.96 }, turnMessage(message)];
}

/** The newest word of a partial, before what follows has made it clear: unpunctuated, and every third one half heard. */
function misheard(text: string, index: number): string {
  const plain = text.replace(/[.,?!;:]+$/, '');
  return index % 3 === 1 ? `${plain.slice(0, Math.ceil(plain.length / 2))}—` : plain;
}

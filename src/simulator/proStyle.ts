import { finalExtras, turnMessage, wireWord, type Message, type OpenTurn, type TurnStyle } from './turn.ts';

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
  final: (turn, telling) => {
    const transcript = turn.words.map(({ text }) => text).join(' ');
    const words = turn.words.map((word) => wireWord(word, word.text, true, telling.speakers?.ofWord(word)));
    const extra = finalExtras(turn, telling);
    return started(turn, {
      order: turn.order,
      formatted: true,
      end: true,
      transcript,
      confidence: 1,
      words,
      utterance: transcript,
      extra,
    });
  },
  farewell: () => [],
};

function started(turn: OpenTurn, message: Parameters<typeof turnMessage>[0]): Message[] {
  if (turn.told > 0) return [turnMessage(message)];
  return [{ type: 'SpeechStarted', timestamp: Math.round(turn.startMs), confidence: 0.96 }, turnMessage(message)];
}

/** The newest word of a partial, before what follows has made it clear: unpunctuated, and every third one half heard. */
function misheard(text: string, index: number): string {
  const plain = text.replace(/[.,?!;:]+$/, '');
  return index % 3 === 1 ? `${plain.slice(0, Math.ceil(plain.length / 2))}—` : plain;
}

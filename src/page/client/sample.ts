import { EMPTY_VIEW } from './viewState.ts';
import type { ViewState, ViewTurn } from './viewState.ts';

/** The sample conversation. */
const TALK: readonly (readonly [text: string, speaker: string, speakerIndex: number])[] = [
  ['Welcome, everybody. Can you all read this from the last row?', 'A', 0],
  ['Yes, and the line at the bottom grows while someone speaks.', 'B', 1],
  ['A word that was recognised wrongly is corrected in place, and nothing above it moves.', 'A', 0],
  ['Each speaker has a name and a colour.', 'C', 2],
  ['So what happens to long sentences that do not fit on one line, as this one certainly does not?', 'B', 1],
  ['They continue on the next line, and the oldest line makes room.', 'A', 0],
];

/** Time per word, in milliseconds. */
const WORD_MS = 260;
/** Number of turns at the start. */
const BEFORE = 4;

/** Plays an endless conversation, to judge a style by. */
export function playSample(show: (view: ViewState) => void): void {
  let turns: readonly ViewTurn[] = Array.from({ length: BEFORE }, (_, order) => sampleTurn(order, Infinity));
  let [order, words] = [BEFORE, 0];
  const step = (): void => {
    words += 1;
    const { length } = TALK[order % TALK.length]![0].split(' ');
    if (words > length + 2) {
      turns = [...turns.slice(-20), sampleTurn(order, Infinity)];
      [order, words] = [order + 1, 0];
    }
    const partial = words === 0 ? undefined : sampleTurn(order, words);
    show({ ...EMPTY_VIEW, turns, partial, status: 'live', hasSpeakers: true });
  };
  step();
  window.setInterval(step, WORD_MS);
}

function sampleTurn(order: number, words: number): ViewTurn {
  const [text, speaker, speakerIndex] = TALK[order % TALK.length]!;
  return { order, parts: [{ text: text.split(' ').slice(0, words).join(' '), speaker, speakerIndex }] };
}

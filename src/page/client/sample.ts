import { NOTHING } from './wire.ts';
import type { Said, Shown } from './wire.ts';

/** What is said in the sample, and by whom. */
const TALK: readonly (readonly [text: string, speaker: string, voice: number])[] = [
  ['Welcome, everybody. Can you all read this from the last row?', 'A', 0],
  ['Yes, and the line at the bottom grows while somebody speaks.', 'B', 1],
  ['A word that is heard wrongly at first is corrected where it stands, and nothing above it moves.', 'A', 0],
  ['Who speaks is told by name and by colour.', 'C', 2],
  ['So what happens to long sentences that do not fit on one line, as this one certainly does not?', 'B', 1],
  ['They go on in the next line, and the oldest line makes room.', 'A', 0],
];

/** How long a word takes, in milliseconds. */
const WORD_MS = 260;
/** How many turns are there at the start. */
const BEFORE = 4;

/** Shows a conversation that goes on for ever, to judge a look by. */
export function playSample(show: (shown: Shown) => void): void {
  let turns: readonly Said[] = Array.from({ length: BEFORE }, (_, order) => said(order, Infinity));
  let [order, words] = [BEFORE, 0];
  const step = (): void => {
    words += 1;
    const { length } = TALK[order % TALK.length]![0].split(' ');
    if (words > length + 2) {
      turns = [...turns.slice(-20), said(order, Infinity)];
      [order, words] = [order + 1, 0];
    }
    show({ ...NOTHING, turns, partial: words === 0 ? undefined : said(order, words), going: 'live' });
  };
  step();
  window.setInterval(step, WORD_MS);
}

function said(order: number, words: number): Said {
  const [text, speaker, voice] = TALK[order % TALK.length]!;
  return { order, parts: [{ text: text.split(' ').slice(0, words).join(' '), speaker, voice }] };
}

import { describe, expect, it } from '@jest/globals';
import { from, lastValueFrom, toArray } from 'rxjs';
import { transcript } from '../../operators/transcript.ts';
import type { Transcript } from '../../operators/reduceTranscript.ts';
import type { FinalTurn, PartialTurn, SpeakerRevision, TranscriptionEvent } from '../../operators/events.ts';
import { final, partial } from '../support/turns.ts';
import { marbles } from '../support/marbles.ts';

const ended = (order: number, text: string): FinalTurn => ({ ...final(order, text), isFinal: true, session: 0 });
const open = (order: number, text: string): PartialTurn => ({ ...partial(order, text), isFinal: false, session: 0 });
const end = (session: number): TranscriptionEvent => ({ type: 'Termination', session });
const revision = (order: number, label: string): SpeakerRevision => ({
  type: 'SpeakerRevision',
  revisions: [
    {
      turn_order: order,
      speaker_label: label,
      words: final(order, 'Yes.').words.map((word) => ({ ...word, speaker: label })),
    },
  ],
  session: 0,
});

/** The states a sequence of events leads to, in short: `Yes. | no` is one final and a partial. */
async function states(events: readonly TranscriptionEvent[]): Promise<string[]> {
  const all = await lastValueFrom(from(events).pipe(transcript(), toArray()));
  const text = (turn: FinalTurn): string => (turn.speaker_label ? `${turn.speaker_label}: ` : '') + turn.transcript;
  return all.map(({ turns, partial: now }) => `${turns.map(text).join(' ')} | ${now?.transcript ?? ''}`);
}

describe('transcript', () => {
  it('emits the transcript so far whenever it changes', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const [p, q, f, r] = [open(0, 'Ye'), open(0, 'Yes'), ended(0, 'Yes.'), revision(0, 'B')];
      const source = cold<TranscriptionEvent>('-p-q-f---r-|', { p, q, f, r });
      const expected = '                       -a-b-c---d-|';
      const revised = { ...f, speaker_label: 'B', words: r.revisions[0]?.words ?? [] };
      const values: Record<string, Transcript> = {
        a: { turns: [], partial: p },
        b: { turns: [], partial: q },
        c: { turns: [f], partial: undefined },
        d: { turns: [revised], partial: undefined },
      };

      expectObservable(source.pipe(transcript())).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe('^----------!');
    });
  });

  it('emits nothing for events that change nothing', async () => {
    const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };

    expect(await states([begin, end(0), revision(7, 'B')])).toEqual([]);
  });

  it('replaces a final by a later one with the same turn_order', async () => {
    expect(await states([ended(0, 'turn left'), ended(1, 'now'), ended(0, 'Turn left.')])).toEqual([
      'turn left | ',
      'turn left now | ',
      'Turn left. now | ',
    ]);
  });

  it('keeps a partial when an earlier turn is replaced, and drops one when its turn ended', async () => {
    const events = [ended(0, 'a'), open(1, 'b'), ended(0, 'A.'), ended(1, 'B.'), open(1, 'b')];

    expect(await states(events)).toEqual(['a | ', 'a | b', 'A. | b', 'A. B. | ']);
  });

  it('relabels several turns at once and leaves what it does not name', async () => {
    const both: SpeakerRevision = {
      ...revision(0, 'A'),
      revisions: [...revision(0, 'A').revisions, ...revision(1, 'B').revisions],
    };

    expect(await states([ended(0, 'Hi.'), ended(1, 'Yes.'), ended(2, 'Bye.'), both])).toContain(
      'A: Hi. B: Yes. Bye. | ',
    );
  });

  it('drops the partial of a session that is over, but not of another', async () => {
    expect(await states([open(0, 'uh'), end(1)])).toEqual([' | uh']);
    expect(await states([open(0, 'uh'), end(0)])).toEqual([' | uh', ' | ']);
  });

  it('keeps the states apart: an earlier one never changes', async () => {
    const all = await lastValueFrom(from([ended(0, 'a'), ended(1, 'b')]).pipe(transcript(), toArray()));

    expect(all.map(({ turns }) => turns.length)).toEqual([1, 2]);
  });

  it('starts anew for each subscription and passes an error', () => {
    marbles(({ cold, expectObservable }) => {
      const f = ended(0, 'Yes.');
      const result = cold<TranscriptionEvent>('-f-#', { f }).pipe(transcript());
      const state = { turns: [f], partial: undefined };

      expectObservable(result).toBe('  -s-# ', { s: state });
      expectObservable(result, '--^').toBe('---s-#', { s: state });
    });
  });
});

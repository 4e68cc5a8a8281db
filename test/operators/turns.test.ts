import { describe, it } from '@jest/globals';
import { finals, partials, turns } from '../../operators/turns.ts';
import type { TranscriptionEvent, Turn } from '../../operators/events.ts';
import { final, partial } from '../support/turns.ts';
import { marbles } from '../support/marbles.ts';

const b: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };
const s: TranscriptionEvent = { type: 'SpeechStarted', timestamp: 0, session: 0 };
const t: TranscriptionEvent = { type: 'Termination', session: 0 };
const p: Turn = { ...partial(0, 'Please'), isFinal: false, session: 0 };
const f: Turn = { ...final(0, 'Please.'), isFinal: true, session: 0 };

describe('turns', () => {
  it('keeps the turns and drops every other event', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<TranscriptionEvent>('-b--s-p-p-f--t|', { b, s, p, f, t });
      const expected = '                       ------p-p-f---|';

      expectObservable(source.pipe(turns())).toBe(expected, { p, f });
      expectSubscriptions(source.subscriptions).toBe('^-------------!');
    });
  });

  it('passes an error', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold<TranscriptionEvent>('-p-#', { p }).pipe(turns())).toBe('-p-#', { p });
    });
  });
});

describe('partials and finals', () => {
  it('split the turns by whether they ended', () => {
    marbles(({ hot, expectObservable }) => {
      const source = hot<Turn>('-p-p-f--p-f|', { p, f });
      const part = '            -p-p----p--|';
      const done = '            -----f----f|';

      expectObservable(source.pipe(partials())).toBe(part, { p });
      expectObservable(source.pipe(finals())).toBe(done, { f });
    });
  });

  it('drop every other event, so that turns() is not needed before them', () => {
    marbles(({ hot, expectObservable }) => {
      const source = hot<TranscriptionEvent>('-b-s-p-f-t|', { b, s, p, f, t });

      expectObservable(source.pipe(partials())).toBe('-----p----|', { p });
      expectObservable(source.pipe(finals())).toBe('  -------f--|', { f });
    });
  });

  it('go by isFinal, not by end_of_turn', () => {
    marbles(({ cold, expectObservable }) => {
      const u: Turn = { ...final(0, 'please'), isFinal: false, session: 0 }; // its formatted copy is still to come
      const k: Turn = { ...partial(1, 'so I'), isFinal: true, session: 0 }; // the service never ended it
      const source = cold<Turn>('-u-k|', { u, k });

      expectObservable(source.pipe(partials())).toBe('-u--|', { u });
      expectObservable(source.pipe(finals())).toBe('   ---k|', { k });
    });
  });
});

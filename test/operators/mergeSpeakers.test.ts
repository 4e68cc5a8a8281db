import { describe, expect, it } from '@jest/globals';
import { from, of, toArray } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { mergeSpeakers } from '../../operators/mergeSpeakers.ts';
import { reduceTranscript } from '../../operators/reduceTranscript.ts';
import { llmGatewayResponse, speakerRevision, stats, termination, turn } from '../../operators/testing/index.ts';
import { transcript } from '../../operators/transcript.ts';
import { turns } from '../../operators/turns.ts';
import { marbles } from '../support/marbles.ts';

const AGENT = {
  p: turn('How', { start: 0 }),
  q: turn('How can I', { start: 0 }),
  f: turn('How can I help?', { final: true, start: 0 }),
};
const CALLER = { r: turn('Hi', { start: 500 }), g: turn('Hi there.', { final: true, start: 500 }) };
const agent = <T extends object>(event: T): T => ({ ...event, speaker_label: 'agent' });
const caller = <T extends object>(event: T): T => ({ ...event, session: 1, speaker_label: 'caller' });

describe('mergeSpeakers', () => {
  it('numbers the finals of all speakers in the order in which their turns started', () => {
    marbles(({ cold, expectObservable }) => {
      const one = cold('  -p---q-----f---|', AGENT);
      const two = cold('  ---r---g-------|', CALLER);
      const expected = '  -p---q-----(fg)|';
      const { p, q, f } = AGENT;
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        p: agent(p),
        q: agent(q),
        f: agent(f),
        g: caller({ ...CALLER.g, turn_order: 1 }),
      });
    });
  });

  it('shows the partial of the other speaker as soon as the earlier turn ends', () => {
    marbles(({ cold, expectObservable }) => {
      const one = cold('  -p---f-----|', AGENT);
      const two = cold('  ---r-----g-|', CALLER);
      const expected = '  -p---(fr)g-|';
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        p: agent(AGENT.p),
        f: agent(AGENT.f),
        r: caller({ ...CALLER.r, turn_order: 1 }),
        g: caller({ ...CALLER.g, turn_order: 1 }),
      });
    });
  });

  it('emits a final at once if no earlier turn is open', () => {
    marbles(({ cold, expectObservable }) => {
      const one = cold('  ---p-----f-|', {
        p: turn('Well', { start: 900 }),
        f: turn('Well.', { final: true, start: 900 }),
      });
      const two = cold('  -r---g-----|', CALLER);
      const expected = '  -r---(gp)f-|';
      const first = <T extends object>(event: T): T => ({ ...event, speaker_label: 'caller' });
      const second = <T extends object>(event: T): T => ({
        ...event,
        session: 1,
        speaker_label: 'agent',
        turn_order: 1,
      });
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        r: first(CALLER.r),
        g: first(CALLER.g),
        p: second(turn('Well', { start: 900 })),
        f: second(turn('Well.', { final: true, start: 900 })),
      });
    });
  });

  it('lets a final wait for 10 s of audio at most', () => {
    const { q } = AGENT;
    const long = { ...q, words: q.words.map((word, index) => (index === 0 ? word : { ...word, end: 12_000 })) };
    marbles(({ cold, expectObservable }) => {
      const one = cold('  -p-----l----|', { ...AGENT, l: long });
      const two = cold('  ---r-g------|', CALLER);
      const expected = '  -p-----(gl)-|';
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        p: agent(AGENT.p),
        g: caller(CALLER.g),
        l: agent({ ...long, turn_order: 1 }),
      });
    });
  });

  it('emits the finals that wait when the earlier turn gets no final', () => {
    marbles(({ cold, expectObservable }) => {
      const one = cold('  -p-----|    ', AGENT);
      const two = cold('  ---r-g-----|', CALLER);
      const expected = '  -p-----g---|';
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        p: agent(AGENT.p),
        g: caller(CALLER.g),
      });
    });
  });

  it('passes an error on after the finals that wait, and ends the other transcription', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const one = cold('  -p------#', AGENT);
      const two = cold('  ---r-g----', CALLER);
      const subscribed = '^-------!';
      const expected = '  -p------(g#)';
      expectObservable(mergeSpeakers({ agent: one, caller: two })).toBe(expected, {
        p: agent(AGENT.p),
        g: caller(CALLER.g),
      });
      expectSubscriptions(two.subscriptions).toBe(subscribed);
    });
  });

  it('keeps no state between subscriptions', () => {
    const merged$ = mergeSpeakers({ agent: of(AGENT.f), caller: of(CALLER.g) }).pipe(toArray());
    for (const run of [1, 2]) {
      let orders: unknown;
      merged$.subscribe((events) => (orders = events.map((event) => 'turn_order' in event && event.turn_order)));
      expect({ run, orders }).toEqual({ run, orders: [0, 1] });
    }
  });

  it('counts the sessions of all speakers, so that the end of one leaves the partial of the other', () => {
    const events: TranscriptionEvent[] = [];
    mergeSpeakers({ agent: of(AGENT.p), caller: of(termination()) }).subscribe((event) => events.push(event));
    expect(events.map(({ type, session }) => [type, session])).toEqual([
      ['Turn', 0],
      ['Termination', 1],
    ]);
    expect(events.reduce(reduceTranscript, { turns: [], partial: undefined }).partial).toMatchObject({
      transcript: 'How',
    });
  });

  it('adds up the Stats of all speakers', () => {
    const received: TranscriptionEvent[] = [];
    const one = stats({ capturedMs: 1000, gapMs: 100, sessions: 2, finalDelayMs: 300 });
    const two = stats({ capturedMs: 900, replayedMs: 50, reconnects: 1, finalDelayMs: 400 });
    mergeSpeakers({ agent: of(one), caller: of(two) }).subscribe((event) => received.push(event));
    expect(received).toEqual([
      one,
      {
        ...stats({ capturedMs: 1900, gapMs: 100, replayedMs: 50, sessions: 3, reconnects: 1, finalDelayMs: 400 }),
        session: 1,
      },
    ]);
  });

  it('labels words that have speakers, and drops revisions of speakers', () => {
    const words = AGENT.f.words.map((word) => ({ ...word, speaker: 'A' }));
    const received: TranscriptionEvent[] = [];
    mergeSpeakers({ agent: of({ ...AGENT.f, words }, speakerRevision()) }).subscribe((event) => received.push(event));
    expect(received).toEqual([agent({ ...AGENT.f, words: words.map((word) => ({ ...word, speaker: 'agent' })) })]);
  });

  it('numbers the answer to a final as the final, and emits the final before it', () => {
    const received: TranscriptionEvent[] = [];
    const answer = llmGatewayResponse({ turn_order: 0 });
    mergeSpeakers({ agent: from([AGENT.p]), caller: from([CALLER.g, answer]) }).subscribe((event) =>
      received.push(event),
    );
    expect(received.map((event) => [event.type, 'turn_order' in event && event.turn_order])).toEqual([
      ['Turn', 0],
      ['Turn', 0],
      ['LLMGatewayResponse', 0],
    ]);
  });

  it('gives transcript() every final in order', () => {
    let last: unknown;
    const one = of(AGENT.p, AGENT.q, AGENT.f);
    const two = of(CALLER.r, CALLER.g, turn('Thanks.', { final: true, order: 1, start: 4000 }));
    mergeSpeakers({ agent: one, caller: two })
      .pipe(turns(), transcript())
      .subscribe(
        ({ turns: all, partial }) => (last = [partial, ...all.map((each) => [each.turn_order, each.transcript])]),
      );
    expect(last).toEqual([undefined, [0, 'How can I help?'], [1, 'Hi there.'], [2, 'Thanks.']]);
  });

  it('refuses anything but an object of transcriptions', () => {
    const error = new TypeError('speakers must be an object with the events of each speaker by name');
    expect(() => mergeSpeakers({})).toThrow(error);
    expect(() => mergeSpeakers(undefined as never)).toThrow(error);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import type { FinalTurn } from '../../../operators/events.ts';
import { cues } from '../../../src/captions/cues.ts';
import type { Cue } from '../../../src/captions/cues.ts';
import { bundledRecording } from '../../../src/simulator/index.ts';
import { anyTurn, anyTurns, inked, spoken, timed, told } from '../../support/captions.ts';

const linesOf = (turn: FinalTurn): string[] => cues(turn).map(({ lines }) => lines.join(' | '));
const textOf = (all: readonly Cue[]): string => all.flatMap(({ lines }) => lines).join(' ');

describe('cues', () => {
  it('shows a short turn as it is said', () => {
    expect(cues(timed(0, ['Good', 500, 700], ['morning,', 700, 1200], ['everybody.', 1200, 2100]))).toEqual([
      { startMs: 500, endMs: 2100, lines: ['Good morning, everybody.'] },
    ]);
  });

  it('breaks lines after a clause rather than at the last word that fits', () => {
    expect(linesOf(spoken(0, 'Your microphone becomes text, word by word, while you speak.'))).toEqual([
      'Your microphone becomes text, | word by word, while you speak.',
    ]);
  });

  it('breaks cues after a sentence rather than within the next', () => {
    expect(
      linesOf(
        spoken(
          0,
          'The first thing that I would like to say is this. The second thing takes somewhat longer to say, as you will all notice soon.',
        ),
      ),
    ).toEqual([
      'The first thing that I | would like to say is this.',
      'The second thing takes somewhat longer | to say, as you will all notice soon.',
    ]);
  });

  it('breaks a long sentence after its clauses, by the times of its words', () => {
    const turn = spoken(
      0,
      'when the network goes away in the middle of a long sentence, nothing that was said is lost, because the audio is kept until somebody has heard it',
    );

    const all = cues(turn);

    expect(all.map(({ lines }) => lines.join(' '))).toEqual([
      'when the network goes away in the middle of a long sentence,',
      'nothing that was said is lost, because the audio is kept until somebody has heard it',
    ]);
    expect(all[1]?.startMs).toBe(turn.words.find(({ text }) => text === 'nothing')?.start);
  });

  it('takes no abbreviation within a sentence for its end', () => {
    expect(
      linesOf(
        spoken(0, 'People bring all kinds of recorders, e.g. small ones that fit into a shirt pocket, to a talk.'),
      ),
    ).toEqual(['People bring all kinds of recorders,', 'e.g. small ones that fit into | a shirt pocket, to a talk.']);
  });

  it('stays for a second and for reading, 1.5 s into the silence at most', () => {
    expect(cues(timed(0, ['Yes.', 1000, 1200]))).toMatchObject([{ startMs: 1000, endMs: 2000 }]);
    const hurried = timed(0, ['incomprehensibilities', 0, 300], ['counterrevolutionaries', 300, 600]);
    expect(cues(hurried)).toMatchObject([{ startMs: 0, endMs: 600 + 1500 }]); // 44 columns would take 2200 ms
  });

  it('leaves the screen to what is said next', () => {
    const turn = timed(0, ['Yes.', 0, 1100], ['Later.', 2700, 3000]);

    expect(cues(turn)).toMatchObject([
      { startMs: 0, endMs: 1100, lines: ['Yes.'] },
      { startMs: 2700, endMs: 3700, lines: ['Later.'] },
    ]);
  });

  it('starts when the cue before has ended', () => {
    expect(cues(timed(0, ['No.', 500, 800]), { after: 900 })).toMatchObject([{ startMs: 900, endMs: 1900 }]);
  });

  it('never shows what is said 1.5 s later', () => {
    expect(linesOf(timed(0, ['Wait', 0, 300], ['for', 300, 500], ['it', 2000, 2200]))).toEqual(['Wait for', 'it']);
    expect(linesOf(timed(0, ['Wait', 0, 300], ['for', 300, 500], ['it', 1999, 2200]))).toEqual(['Wait for it']);
  });

  it('lasts 7 s at most, however slowly somebody speaks', () => {
    const turn = timed(0, ['a', 0, 3000], ['b', 3000, 6000], ['c', 6000, 9000], ['d', 9000, 20_000]);

    expect(cues(turn)).toEqual([
      { startMs: 0, endMs: 6000, lines: ['a b'] },
      { startMs: 6000, endMs: 9000, lines: ['c'] },
      { startMs: 9000, endMs: 16_000, lines: ['d'] },
    ]);
  });

  it('begins anew where somebody else speaks, and knows who', () => {
    const turn = timed(0, ['Really?', 0, 600], ['Yes.', 650, 1000]);
    const [first, second] = turn.words;
    const mixed = { ...turn, speaker_label: 'A', words: [first!, { ...second!, speaker: 'B' }] };

    expect(cues(mixed).map(({ speaker, lines }) => `${speaker} ${lines.join()}`)).toEqual(['A Really?', 'B Yes.']);
    expect(cues({ ...turn, speaker_label: 'UNKNOWN' })[0]).not.toHaveProperty('speaker');
  });

  it('writes names where the speaker changes, if asked', () => {
    const turn = { ...spoken(0, 'Good morning.'), speaker_label: 'Ann' };

    expect(cues(turn, { named: true })[0]?.lines).toEqual(['Ann: Good morning.']);
    expect(cues(turn, { named: true, speaker: 'Bo' })[0]?.lines).toEqual(['Ann: Good morning.']);
    expect(cues(turn, { named: true, speaker: 'Ann' })[0]?.lines).toEqual(['Good morning.']);
    const long = cues({ ...turn, speaker_label: 'x'.repeat(80) }, { named: true });
    expect(long[0]?.lines).toEqual([`${'x'.repeat(41)}:`, 'Good morning.']);
  });

  it('measures columns, not characters', () => {
    const wide = spoken(
      0,
      '今日はとても良い天気ですから、みんなで公園へ散歩に行きましょう。明日はたぶん雨が降ると思います。',
    );
    const [line = ''] = cues(wide)[0]?.lines ?? [];
    expect(cues(wide).map(({ lines }) => lines)).toEqual([
      ['今日はとても良い天気ですから、', 'みんなで公園へ散歩に行きましょう。'],
      ['明日はたぶん雨が降ると思います。'],
    ]);
    expect(stringWidth(line)).toBe(2 * line.length);
    const accents = 'e\u0301'.repeat(42);
    expect(cues(spoken(0, accents))).toMatchObject([{ lines: [accents] }]);
    const family = '👩‍👩‍👧‍👦'.repeat(30);
    expect(cues(spoken(0, family, 0, 100))[0]?.lines.map((text) => stringWidth(text))).toEqual([42, 18]);
  });

  it('leaves right-to-left text in logical order', () => {
    const text = 'שלום לכולם, ברוכים הבאים.';
    expect(linesOf(spoken(0, text))).toEqual([text]);
  });

  it('times formatted text by the words that were said', () => {
    const turn = {
      ...timed(0, ['twenty', 0, 400], ['five', 400, 800], ['dollars', 2400, 2900]),
      transcript: '$25.00 dollars.',
    };

    expect(textOf(cues(turn))).toBe('$25.00 dollars.');
    const short = { ...timed(0, ['twenty', 0, 1000], ['five', 1000, 2000]), transcript: '25' };
    expect(cues(short)).toEqual([{ startMs: 0, endMs: 2000, lines: ['25'] }]);
  });

  it('times a script without spaces by its words', () => {
    const turn = {
      ...timed(0, ['今日は', 0, 500], ['雨です。', 3000, 4000]),
      transcript: '今日は雨です。'.padEnd(30, '雨'),
    };
    expect(textOf(cues(turn)).replaceAll(' ', '')).toBe(turn.transcript);
  });

  it('shows a turn without times after the one before, and nothing for a turn without text', () => {
    expect(cues({ ...told(0, 'Hello there.'), words: [] }, { after: 700 })).toMatchObject([
      { startMs: 700, endMs: 1700 },
    ]);
    expect(cues(told(0, ' \n\u0007 '))).toEqual([]);
  });

  it('makes one line of line ends and drops control characters', () => {
    expect(linesOf({ ...spoken(0, 'one two'), transcript: 'one\r\n\r\ntwo\u001b\u0000' })).toEqual(['one two']);
  });

  it('reads well for the bundled recording', async () => {
    const { words } = await bundledRecording();
    const turn = timed(0, ...words.map(({ text, start, end }): [string, number, number] => [text, start, end]));
    expect(cues(turn).map(({ startMs, endMs, lines }) => [startMs, endMs, ...lines])).toMatchInlineSnapshot(`
     [
       [
         500,
         2061,
         "Welcome to rxscribe.",
       ],
       [
         2912,
         6720,
         "Your microphone becomes text,",
         "word by word, while you speak.",
       ],
       [
         7570,
         9766,
         "Does it keep up when the network drops?",
       ],
       [
         10616,
         14656,
         "Yes, yes, it remembers what",
         "was said, and says it again.",
       ],
       [
         15506,
         20460,
         "And when nobody says anything?",
         "Then it waits, and carries on when you do.",
       ],
       [
         21310,
         23910,
         "Compose it, test it, make it yours.",
       ],
     ]
    `);
  });
});

describe('cues, whatever is said', () => {
  it('has two lines of 42 columns at most, 1 ms to 7 s, in order, none over another', () => {
    fc.assert(
      fc.property(anyTurns, fc.boolean(), (turns, named) => {
        let after = 0;
        for (const turn of turns) {
          for (const { startMs, endMs, lines } of cues(turn, { after, named })) {
            expect(startMs).toBeGreaterThanOrEqual(after);
            expect(endMs).toBeGreaterThan(startMs);
            expect(endMs - startMs).toBeLessThanOrEqual(7000);
            expect(lines.length).toBeGreaterThan(0);
            expect(lines.length).toBeLessThanOrEqual(2);
            for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(42);
            after = endMs;
          }
        }
      }),
    );
  });

  it('writes every word once, in order', () => {
    fc.assert(
      fc.property(anyTurn, (make) => {
        const turn = make(0, 0);
        expect(inked(textOf(cues(turn)))).toBe(inked(turn.transcript));
      }),
    );
  });

  it('stays within 1.5 s of what is said', () => {
    fc.assert(
      fc.property(anyTurn, (make) => {
        const turn = make(0, 5000);
        const all = cues(turn);
        expect(all[0]?.startMs ?? 5000).toBeGreaterThanOrEqual(turn.words[0]?.start ?? 0);
        expect(all.at(-1)?.endMs ?? 0).toBeLessThanOrEqual((turn.words.at(-1)?.end ?? 0) + 1500);
      }),
    );
  });

  it('stays for a second where the next word leaves it the time', () => {
    fc.assert(
      fc.property(anyTurn, (make) => {
        const all = cues(make(0, 0));
        all.forEach(({ startMs, endMs }, index) => {
          const late = startMs === all[index - 1]?.endMs;
          const next = all[index + 1]?.startMs ?? Infinity;
          expect(endMs - startMs).toBeGreaterThanOrEqual(late ? 1 : Math.min(1000, next - startMs));
        });
      }),
    );
  });
});

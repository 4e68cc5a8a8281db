import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import type { FinalTurn } from '../../../operators/events.ts';
import { cues } from '../../../src/captions/cues.ts';
import type { Cue } from '../../../src/captions/cues.ts';
import { bundledRecording } from '../../../src/simulator/index.ts';
import { fc } from '../../support/fastCheck.ts';
import { anyTurn, anyTurns, visibleText, spokenTurn, timedTurn, finalTurn } from '../../support/captions.ts';

const linesOf = (turn: FinalTurn): string[] => cues(turn).map(({ lines }) => lines.join(' | '));
const textOf = (all: readonly Cue[]): string => all.flatMap(({ lines }) => lines).join(' ');

describe('cues', () => {
  it('shows a short turn at the times of its words', () => {
    expect(cues(timedTurn(0, ['Good', 500, 700], ['morning,', 700, 1200], ['everybody.', 1200, 2100]))).toEqual([
      { startMs: 500, endMs: 2100, lines: ['Good morning, everybody.'] },
    ]);
  });

  it('breaks lines after a clause rather than at the last word that fits', () => {
    expect(linesOf(spokenTurn(0, 'Your microphone becomes text, word by word, while you speak.'))).toEqual([
      'Your microphone becomes text, | word by word, while you speak.',
    ]);
  });

  it('breaks cues after a sentence rather than within the next', () => {
    expect(
      linesOf(
        spokenTurn(
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
    const turn = spokenTurn(
      0,
      'when the network goes away in the middle of a long sentence, nothing that was said is lost, because the audio is kept until it is transcribed',
    );

    const all = cues(turn);

    expect(all.map(({ lines }) => lines.join(' '))).toEqual([
      'when the network goes away in the middle of a long sentence,',
      'nothing that was said is lost, because the audio is kept until it is transcribed',
    ]);
    expect(all[1]?.startMs).toBe(turn.words.find(({ text }) => text === 'nothing')?.start);
  });

  it('does not take an abbreviation for the end of a sentence', () => {
    expect(
      linesOf(
        spokenTurn(0, 'People bring all kinds of recorders, e.g. small ones that fit into a shirt pocket, to a talk.'),
      ),
    ).toEqual(['People bring all kinds of recorders,', 'e.g. small ones that fit into | a shirt pocket, to a talk.']);
  });

  it('stays for a second and for reading, at most 1.5 s into the silence', () => {
    expect(cues(timedTurn(0, ['Yes.', 1000, 1200]))).toMatchObject([{ startMs: 1000, endMs: 2000 }]);
    const hurried = timedTurn(0, ['incomprehensibilities', 0, 300], ['counterrevolutionaries', 300, 600]);
    expect(cues(hurried)).toMatchObject([{ startMs: 0, endMs: 600 + 1500 }]); // 44 columns would take 2200 ms
  });

  it('ends before the next cue starts', () => {
    const turn = timedTurn(0, ['Yes.', 0, 1100], ['Later.', 2700, 3000]);

    expect(cues(turn)).toMatchObject([
      { startMs: 0, endMs: 1100, lines: ['Yes.'] },
      { startMs: 2700, endMs: 3700, lines: ['Later.'] },
    ]);
  });

  it('starts after the previous cue has ended', () => {
    expect(cues(timedTurn(0, ['No.', 500, 800]), { after: 900 })).toMatchObject([{ startMs: 900, endMs: 1900 }]);
  });

  it('never shows text 1.5 s before it is spoken', () => {
    expect(linesOf(timedTurn(0, ['Wait', 0, 300], ['for', 300, 500], ['it', 2000, 2200]))).toEqual(['Wait for', 'it']);
    expect(linesOf(timedTurn(0, ['Wait', 0, 300], ['for', 300, 500], ['it', 1999, 2200]))).toEqual(['Wait for it']);
  });

  it('lasts at most 7 s, however slow the speech', () => {
    const turn = timedTurn(0, ['a', 0, 3000], ['b', 3000, 6000], ['c', 6000, 9000], ['d', 9000, 20_000]);

    expect(cues(turn)).toEqual([
      { startMs: 0, endMs: 6000, lines: ['a b'] },
      { startMs: 6000, endMs: 9000, lines: ['c'] },
      { startMs: 9000, endMs: 16_000, lines: ['d'] },
    ]);
  });

  it('starts a new cue where the speaker changes', () => {
    const turn = timedTurn(0, ['Really?', 0, 600], ['Yes.', 650, 1000]);
    const [first, second] = turn.words;
    const mixed = { ...turn, speaker_label: 'A', words: [first!, { ...second!, speaker: 'B' }] };

    expect(cues(mixed).map(({ speaker, lines }) => `${speaker} ${lines.join()}`)).toEqual(['A Really?', 'B Yes.']);
    expect(cues({ ...turn, speaker_label: 'UNKNOWN' })[0]).not.toHaveProperty('speaker');
  });

  it('writes names where the speaker changes, with the named option', () => {
    const turn = { ...spokenTurn(0, 'Good morning.'), speaker_label: 'Ann' };

    expect(cues(turn, { named: true })[0]?.lines).toEqual(['Ann: Good morning.']);
    expect(cues(turn, { named: true, speaker: 'Bo' })[0]?.lines).toEqual(['Ann: Good morning.']);
    expect(cues(turn, { named: true, speaker: 'Ann' })[0]?.lines).toEqual(['Good morning.']);
    const long = cues({ ...turn, speaker_label: 'x'.repeat(80) }, { named: true });
    expect(long[0]?.lines).toEqual([`${'x'.repeat(41)}:`, 'Good morning.']);
  });

  it('measures columns, not characters', () => {
    const wide = spokenTurn(
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
    expect(cues(spokenTurn(0, accents))).toMatchObject([{ lines: [accents] }]);
    const family = '👩‍👩‍👧‍👦'.repeat(30);
    expect(cues(spokenTurn(0, family, 0, 100))[0]?.lines.map((text) => stringWidth(text))).toEqual([42, 18]);
  });

  it('leaves right-to-left text in logical order', () => {
    const text = 'שלום לכולם, ברוכים הבאים.';
    expect(linesOf(spokenTurn(0, text))).toEqual([text]);
  });

  it('times formatted text by the words', () => {
    const turn = {
      ...timedTurn(0, ['twenty', 0, 400], ['five', 400, 800], ['dollars', 2400, 2900]),
      transcript: '$25.00 dollars.',
    };

    expect(textOf(cues(turn))).toBe('$25.00 dollars.');
    const short = { ...timedTurn(0, ['twenty', 0, 1000], ['five', 1000, 2000]), transcript: '25' };
    expect(cues(short)).toEqual([{ startMs: 0, endMs: 2000, lines: ['25'] }]);
  });

  it('times a script without spaces by its words', () => {
    const turn = {
      ...timedTurn(0, ['今日は', 0, 500], ['雨です。', 3000, 4000]),
      transcript: '今日は雨です。'.padEnd(30, '雨'),
    };
    expect(textOf(cues(turn)).replaceAll(' ', '')).toBe(turn.transcript);
  });

  it('cuts a text of 30,000 characters without a space into full lines', () => {
    const text = '漢字'.repeat(15_000);
    const lines = cues(timedTurn(0, [text, 0, 5_000_000])).flatMap((cue) => cue.lines);
    expect(lines).toHaveLength(Math.ceil(30_000 / 21));
    expect(new Set(lines.slice(0, -1).map((line) => line.length))).toEqual(new Set([21]));
    expect(lines.join('')).toBe(text);
  });

  it.each(['\u{1f600}', 'e\u0301', 'กี'])('never cuts within %s, however long the text is', (character) => {
    const text = character.repeat(10_000);
    const lines = cues(timedTurn(0, [text, 0, 5_000_000])).flatMap((cue) => cue.lines);
    expect(lines.join('')).toBe(text);
    for (const line of lines) expect(line).toMatch(new RegExp(`^(${character})+$`, 'u'));
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(42);
  });

  it('shows a turn without times after the previous cue, and no turn without text', () => {
    expect(cues({ ...finalTurn(0, 'Hello there.'), words: [] }, { after: 700 })).toMatchObject([
      { startMs: 700, endMs: 1700 },
    ]);
    expect(cues(finalTurn(0, ' \n\u0007 '))).toEqual([]);
  });

  it('replaces line breaks and removes control characters', () => {
    expect(linesOf({ ...spokenTurn(0, 'one two'), transcript: 'one\r\n\r\ntwo\u001b\u0000' })).toEqual(['one two']);
  });

  it.each([
    ['a long turn', 'and then '.repeat(6000).trim(), ' '],
    ['a long turn without spaces', '字幕を表示。'.repeat(6000), ''],
  ])('fills cues with %s, and loses no text', (_, text, between) => {
    const all = cues(spokenTurn(0, text));

    expect(all.flatMap(({ lines }) => lines).join(between)).toBe(text);
    expect(all.filter(({ lines }) => lines.length > 2 || lines.some((line) => stringWidth(line) > 42))).toEqual([]);
    expect(all.length).toBeLessThan(stringWidth(text) / 42);
  });

  it('breaks the bundled recording well', async () => {
    const { words } = await bundledRecording();
    const turn = timedTurn(0, ...words.map(({ text, start, end }): [string, number, number] => [text, start, end]));
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

describe('cues, for any turn', () => {
  it('have at most two lines of 42 columns, last 1 ms to 7 s, and never overlap', () => {
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

  it('contain every word once, in order', () => {
    fc.assert(
      fc.property(anyTurn, (make) => {
        const turn = make(0, 0);
        expect(visibleText(textOf(cues(turn)))).toBe(visibleText(turn.transcript));
      }),
    );
  });

  it('stay within 1.5 s of the speech', () => {
    fc.assert(
      fc.property(anyTurn, (make) => {
        const turn = make(0, 5000);
        const all = cues(turn);
        expect(all[0]?.startMs ?? 5000).toBeGreaterThanOrEqual(turn.words[0]?.start ?? 0);
        expect(all.at(-1)?.endMs ?? 0).toBeLessThanOrEqual((turn.words.at(-1)?.end ?? 0) + 1500);
      }),
    );
  });

  it('stay for a second where the next word allows it', () => {
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

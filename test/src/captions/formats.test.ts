import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { captionDocument, md, ndjson, srt, text, vtt } from '../../../src/captions/index.ts';
import type { DocumentFormat, Mark } from '../../../src/captions/index.ts';
import { fc } from '../../support/fastCheck.ts';
import {
  anyTurns,
  withSession,
  visibleText,
  isInstalled,
  readSrt,
  readVtt,
  spokenTurn,
  timedTurn,
  finalTurn,
} from '../../support/captions.ts';
import { marbles } from '../../support/marbles.ts';

const welcome = { ...timedTurn(0, ['Welcome.', 500, 1700]), speaker_label: 'A' };
const again = {
  ...timedTurn(1, ['Welcome', 3_600_000, 3_600_400], ['again.', 3_600_400, 3_601_042]),
  speaker_label: 'B',
};
const hostile = finalTurn(2, '<i>a</i> & {\\an8}b --> 1\n\n3_*\u001b[31m #');

const OPERATORS: Readonly<Record<DocumentFormat, () => OperatorFunction<FinalTurn, string>>> = { text, srt, vtt, md };
const KINDS = Object.keys(OPERATORS) as DocumentFormat[];
const piecesOf = (turns: readonly FinalTurn[], operator: OperatorFunction<FinalTurn, string>): Promise<string[]> =>
  lastValueFrom(from(turns).pipe(operator, toArray()));

describe('srt', () => {
  it('emits a numbered cue per turn, as soon as the turn arrives', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-f---g-|', { f: welcome, g: again });
      const expected = '   -1---2-|';
      const values = {
        1: '1\n00:00:00,500 --> 00:00:01,700\nA: Welcome.\n\n',
        2: '2\n01:00:00,000 --> 01:00:01,042\nB: Welcome again.\n\n',
      };

      expectObservable(source.pipe(srt())).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe('^------!');
    });
  });

  it('passes an error on, and unsubscribes from its source', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const failing = cold<FinalTurn>('-#');
      const endless = hot<FinalTurn>(' -');

      expectObservable(failing.pipe(srt())).toBe('-#');
      expectObservable(endless.pipe(srt()), '     --!').toBe('-');
      expectSubscriptions(endless.subscriptions).toBe('^-!');
    });
  });

  it('restarts numbering with each subscription', async () => {
    const operator = srt();
    expect(await piecesOf([welcome], operator)).toEqual(await piecesOf([welcome], operator));
  });

  it('names a speaker only where it changes', () => {
    const turns = ['A', 'A', 'B', 'A'].map((speaker_label, order) => ({
      ...spokenTurn(order, 'Yes, I do.', order * 5000),
      speaker_label,
    }));
    const found = readSrt(captionDocument(turns, 'srt')).map(({ lines }) => lines.join());
    expect(found).toEqual(['A: Yes, I do.', 'Yes, I do.', 'B: Yes, I do.', 'A: Yes, I do.']);
  });

  it('contains no markup, arrow, blank line or control character within a cue', () => {
    const [cue] = readSrt(captionDocument([hostile], 'srt'));
    expect(cue?.lines).toEqual(['‹i>a‹/i> & (\\an8)b → 1 3_*[31m #']);
  });
});

describe('vtt', () => {
  it('emits its header first, then the cues of each turn with its voice', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-f---g-|', { f: welcome, g: again });
      const expected = '   hf---g-|';
      const values = {
        h: 'WEBVTT\n\n',
        f: '00:00:00.500 --> 00:00:01.700\n<v A>Welcome.\n\n',
        g: '01:00:00.000 --> 01:00:01.042\n<v B>Welcome again.\n\n',
      };

      expectObservable(source.pipe(vtt())).toBe(expected, values);
    });
  });

  it('escapes markup, also in voices', () => {
    const document = captionDocument([{ ...hostile, speaker_label: 'R&D <x>\n\n' }], 'vtt');
    expect(document).toContain('<v R&amp;D &lt;x&gt;>&lt;i&gt;a&lt;/i&gt; &amp; {\\an8}b --&gt; 1 3_*[31m #\n\n');
    expect(readVtt(document)).toHaveLength(1);
  });
});

describe('text', () => {
  it('emits a line per turn, with the speaker if known', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-f---g-|', { f: welcome, g: { ...again, speaker_label: 'PENDING' } });
      expectObservable(source.pipe(text())).toBe('-a---b-|', { a: 'A: Welcome.\n', b: 'Welcome again.\n' });
    });
  });

  it('writes one line per turn, and none for a turn without text', async () => {
    expect(await piecesOf([finalTurn(0, ' \u0007 '), finalTurn(1, 'one\r\ntwo\u2028three')], text())).toEqual([
      'one two three\n',
    ]);
  });
});

describe('md', () => {
  it('emits a paragraph per turn, with its time and speaker', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-f---g-|', { f: welcome, g: finalTurn(1, 'Again.', 0, { words: [] }) });
      expectObservable(source.pipe(md())).toBe('-a---b-|', { a: '`00:00:00` **A:** Welcome.\n\n', b: 'Again.\n\n' });
    });
  });

  it('escapes markup', () => {
    expect(captionDocument([hostile], 'md')).toBe(
      '`00:00:00` \\<i\\>a\\</i\\> \\& {\\\\an8}b --\\> 1 3\\_\\*\\[31m #\n\n',
    );
  });
});

describe('ndjson', () => {
  it('emits every event as a line', async () => {
    const events = withSession(welcome, { type: 'SpeechStarted', timestamp: 3, session: 0 });
    const lines = await lastValueFrom(from(events).pipe(ndjson(), toArray()));
    expect(lines.every((line) => /^[^\n]+\n$/.test(line))).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as TranscriptionEvent)).toEqual(events);
  });

  it('escapes characters that could be taken for line breaks or terminal commands', async () => {
    const nasty = 'a\u2028b\u0085c\u007f\u001b\nd';
    const [line = ''] = await lastValueFrom(from([finalTurn(0, nasty)]).pipe(ndjson(), toArray()));
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(JSON.parse(line)).toMatchObject({ transcript: nasty });
  });
});

describe('captionDocument', () => {
  it.each(KINDS)('equals the pieces that %s emits', async (kind) => {
    const turns = [welcome, again, hostile];
    expect((await piecesOf(turns, OPERATORS[kind]())).join('')).toBe(captionDocument(turns, kind));
  });

  it('updates the cues of a turn when an earlier turn changes', () => {
    const late = spokenTurn(1, 'I do.', 5300);
    const [yes, no] = ['Yes, of course', 'Yes, of course, more than anybody else here'].map((first) =>
      spokenTurn(0, first, 4000, 60),
    );
    const starts = (first: FinalTurn): number[] =>
      readVtt(captionDocument([first, late], 'vtt')).map(({ startMs }) => startMs);
    expect(starts(yes!)).toEqual([4000, 5300]);
    expect(starts(no!)[1]).toBeGreaterThan(5300);
    expect(starts(yes!)).toEqual([4000, 5300]);
  });

  it('places each mark before the first turn that ends after it, and the rest at the end', () => {
    const marks = [{ atMs: 9_999_999 }, { atMs: 1700, title: 'Again' }, { atMs: 1699.6 }, { atMs: 600, title: ' ' }];
    const untimed = finalTurn(1, 'Well.', 0, { words: [] });

    expect(captionDocument([welcome, untimed, again], 'md', { marks })).toBe(
      '## 00:00:00\n\n## 00:00:01\n\n`00:00:00` **A:** Welcome.\n\nWell.\n\n' +
        '## 00:00:01 Again\n\n`01:00:00` **B:** Welcome again.\n\n## 02:46:39\n\n',
    );
    expect(captionDocument([welcome, again], 'vtt', { marks })).toBe(
      'WEBVTT\n\nNOTE chapter 00:00:00.600\n\nNOTE chapter 00:00:01.700\n\n' +
        '00:00:00.500 --> 00:00:01.700\n<v A>Welcome.\n\nNOTE chapter 00:00:01.700 Again\n\n' +
        '01:00:00.000 --> 01:00:01.042\n<v B>Welcome again.\n\nNOTE chapter 02:46:39.999\n\n',
    );
  });

  it('escapes markup in a title', () => {
    const marks = [{ atMs: 0, title: 'a --> b\n\n1 <i> #' }];
    expect(captionDocument([], 'md', { marks })).toBe('## 00:00:00 a --\\> b 1 \\<i\\> \\#\n\n');
    expect(captionDocument([], 'vtt', { marks })).toBe(
      'WEBVTT\n\nNOTE chapter 00:00:00.000 a --&gt; b 1 &lt;i&gt; #\n\n',
    );
  });

  it.each(['text', 'srt'] as const)('has no chapters in %s', (kind) => {
    expect(captionDocument([welcome], kind, { marks: [{ atMs: 0 }] })).toBe(captionDocument([welcome], kind));
  });

  it('throws for an unknown format', () => {
    expect(() => captionDocument([], 'ass' as DocumentFormat)).toThrow(TypeError);
  });
});

describe('captions, for any turns', () => {
  it('are readable after every turn and contain every word once, in order', () => {
    fc.assert(
      fc.property(anyTurns, (turns) => {
        for (let count = 0; count <= turns.length; count += 1) {
          const expected = visibleText(
            turns
              .slice(0, count)
              .map((turn) => turn.transcript)
              .join(''),
          );
          const bare = turns
            .slice(0, count)
            .map((turn) => ({ ...turn, words: turn.words.map(({ speaker: _, ...word }) => word) }));
          const seen = readSrt(captionDocument(bare, 'srt'))
            .flatMap(({ lines }) => lines)
            .join('');
          const lookAlike = expected.replaceAll('-->', '→').replaceAll('{', '(').replaceAll('}', ')');
          expect(visibleText(seen).replaceAll('\u2060', '').replaceAll('‹', '<')).toBe(lookAlike);
          const voiced = readVtt(captionDocument(bare, 'vtt'));
          expect(visibleText(voiced.flatMap(({ lines }) => lines).join(''))).toBe(expected);
          expect(readSrt(captionDocument(bare, 'srt')).map(({ startMs }) => startMs)).toEqual(
            voiced.map(({ startMs }) => startMs),
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});

const anyMark: fc.Arbitrary<Mark> = fc.record(
  { atMs: fc.nat(60_000), title: fc.string({ unit: 'grapheme' }) },
  { requiredKeys: ['atMs'] },
);
const CHAPTER = { vtt: /^NOTE chapter /, md: /^## / };

describe('chapters, for any marks', () => {
  it.each(['vtt', 'md'] as const)('are one block each in %s, in order, and change nothing else', (kind) => {
    fc.assert(
      fc.property(anyTurns, fc.array(anyMark, { maxLength: 8 }), (turns, marks) => {
        const document = captionDocument(turns, kind, { marks });
        const blocks = document.split('\n\n');
        const isChapter = (block: string): boolean => CHAPTER[kind].test(block);
        const times = marks
          .map(({ atMs }) => `00:00:${String(Math.floor(atMs / 1000)).padStart(2, '0')}`.replace('00:60', '01:00'))
          .toSorted();
        const chapters = blocks.filter(isChapter);

        expect(blocks.filter((block) => !isChapter(block)).join('\n\n')).toBe(captionDocument(turns, kind));
        expect(chapters.map((block) => /\d\d:\d\d:\d\d/.exec(block)?.[0])).toEqual(times);
        expect(chapters.filter((block) => /\n|-->/.test(block))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

const run = promisify(execFile);
(isInstalled('ffprobe') && isInstalled('ffmpeg') ? describe : describe.skip)('ffmpeg', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-captions-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each([
    { kind: 'srt' as const, read: readSrt, demuxer: 'srt', codec: 'subrip' },
    { kind: 'vtt' as const, read: readVtt, demuxer: 'webvtt', codec: 'webvtt' },
  ])('reads every cue of $kind at its time', async ({ kind, read, demuxer, codec }) => {
    const turns = [
      welcome,
      spokenTurn(1, 'One & two < three, and quite a few more words than fit on a line. So there.', 4000),
      again,
    ];
    const plain = captionDocument(turns, kind);
    const document = captionDocument(turns, kind, { marks: [{ atMs: 0 }, { atMs: 3000, title: 'Two' }] });
    const path = join(dir, `talk.${kind}`);
    await writeFile(path, document);
    const probe = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-show_packets', path];
    const { stdout, stderr } = await run('ffprobe', probe);
    const seen = JSON.parse(stdout) as {
      packets: { pts_time: string; duration_time: string }[];
      streams: { codec_name: string }[];
      format: { format_name: string };
    };
    expect(stderr).toBe('');
    expect(seen.format.format_name).toBe(demuxer);
    expect(seen.streams.map(({ codec_name }) => codec_name)).toEqual([codec]);
    expect(seen.packets.map(({ pts_time, duration_time }) => [Number(pts_time), Number(duration_time)])).toEqual(
      read(plain).map(({ startMs, endMs }) => [startMs / 1000, (endMs - startMs) / 1000]),
    );
    const { stdout: converted } = await run('ffmpeg', ['-v', 'error', '-i', path, '-f', 'srt', '-']);
    expect(converted).toContain(kind === 'srt' ? 'One & two ‹ three, and quite' : 'One & two < three, and quite');
  });
});

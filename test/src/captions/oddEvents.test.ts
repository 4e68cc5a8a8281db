import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { from, lastValueFrom } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { captionFile } from '../../../src/captions/files.ts';
import { captionDocument, cues } from '../../../src/captions/index.ts';
import { CaptionState } from '../../../src/page/captionState.ts';
import { fc } from '../../support/fastCheck.ts';
import {
  finalTurn,
  isInstalled,
  readSrt,
  readVtt,
  speakerRevision,
  spokenTurn,
  timedTurn,
} from '../../support/captions.ts';

/** Values that no field should have. */
const ODD = [
  null,
  undefined,
  true,
  5,
  -1,
  0.5,
  Number.NaN,
  Infinity,
  -Infinity,
  1e300,
  2 ** 53,
  '',
  'x',
  [],
  {},
  [[]],
  { a: 1 },
  5n,
] as const;
const FIELDS = ['turn_order', 'transcript', 'words', 'speaker_label', 'language_code'] as const;
const WORD_FIELDS = ['text', 'start', 'end', 'speaker', 'confidence'] as const;
const FORMATS = ['text', 'srt', 'vtt', 'md'] as const;

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

/** A turn with one odd field, between good turns, as a program might pass it. */
function eventsWith(
  change: (turn: Record<string, unknown>, words: Record<string, unknown>[]) => void,
): TranscriptionEvent[] {
  const odd = structuredClone(spokenTurn(1, 'Odd turn.', 3000)) as unknown as Record<string, unknown>;
  change(odd, odd['words'] as Record<string, unknown>[]);
  const [before, after] = [spokenTurn(0, 'Good start.'), spokenTurn(2, 'Good end.', 6000)];
  return [before, odd as unknown as FinalTurn, after, speakerRevision(['B', before])];
}

const CASES = [...ODD, cycle].flatMap((value) => [
  ...FIELDS.map((field) => ({ name: field, events: () => eventsWith((turn) => void (turn[field] = value)) })),
  ...WORD_FIELDS.map((field) => ({
    name: `word.${field}`,
    events: () => eventsWith((_, words) => void (words[0]![field] = value)),
  })),
  { name: 'a word', events: () => eventsWith((_, words) => void (words[0] = value as never)) },
]);

describe('odd events', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-odd-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('leave every document well formed, with the text of every turn that has one', () => {
    for (const { name, events } of CASES) {
      const turns = events().filter((event): event is FinalTurn => event.type === 'Turn');
      for (const format of FORMATS) {
        const document = captionDocument(turns, format, {
          marks: [{ atMs: Number.NaN }, { atMs: 1, title: 5 as never }],
        });
        expect({ name, text: document.includes('Good end.') }).toEqual({ name, text: true });
        if (name !== 'transcript') expect({ name, text: /Odd[^]*turn\./.test(document) }).toEqual({ name, text: true });
      }
      readSrt(captionDocument(turns, 'srt'));
      readVtt(captionDocument(turns, 'vtt'));
    }
  });

  it.each(['srt', 'vtt', 'md', 'txt', 'ndjson'])('end no .%s file', async (extension) => {
    const path = join(dir, `odd.${extension}`);
    const errors: unknown[] = [];
    const all = CASES.flatMap(({ events }) => events());
    await lastValueFrom(
      from(all).pipe(captionFile(path, { force: true, onError: (error) => errors.push(error.message) })),
    );
    expect(await readFile(path, 'utf8')).toContain('Good end.');
    expect(errors).toEqual([]);
  });

  it('end no page', () => {
    for (const { name, events } of CASES) {
      const state = new CaptionState();
      for (const event of events()) {
        state.apply(event);
        if (event.type === 'Turn') state.apply({ ...event, isFinal: false, turn_order: 3 });
      }
      const shown = JSON.stringify(state.since(undefined));
      expect({ name, shown: shown.includes('Good end.') }).toEqual({ name, shown: true });
    }
  });

  it('have whole, finite times that never decrease', () => {
    const time = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -1, 0.5, 1e300), fc.nat(5000));
    fc.assert(
      fc.property(fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 5 }), (times) => {
        const turn = timedTurn(0, ...times.map(([start, end]): [string, number, number] => ['word', start, end]));
        let after = 0;
        for (const { startMs, endMs } of cues(turn)) {
          expect([Number.isSafeInteger(startMs), Number.isSafeInteger(endMs)]).toEqual([true, true]);
          expect(startMs).toBeGreaterThanOrEqual(after);
          expect(endMs).toBeGreaterThan(startMs);
          after = endMs;
        }
      }),
    );
  });

  it.each(FORMATS)('leave no control character and no bidirectional control in %s', (format) => {
    const text = 'pay \u202eRLO\u202c \u2066LRI\u2069 \u001b[31m \u0000 \u009b to \u200eme';
    const document = captionDocument([finalTurn(0, text, 0, { speaker_label: 'A\u202e\u0007' })], format);
    expect(document.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  });

  it('have bounded speaker names', () => {
    const long = finalTurn(0, 'Hi.', 0, { speaker_label: 'L'.repeat(1e6) });
    for (const format of FORMATS) expect(captionDocument([long], format).length).toBeLessThan(300);
  });
});

describe('a very long turn', () => {
  it.each([
    ['words', 'a '.repeat(20_000)],
    ['brackets without spaces', '))))]]]]'.repeat(5000)],
    ['CJK without spaces', '漢'.repeat(20_000)],
    ['combining marks', `e${'\u0301'.repeat(100_000)}`],
    ['flags', '🇩🇪'.repeat(5000)],
  ])('keeps all its text: %s', (_, text) => {
    const all = cues(finalTurn(0, text, 0, { words: [] }));
    expect(
      all
        .flatMap(({ lines }) => lines)
        .join('')
        .replaceAll(' ', ''),
    ).toBe(text.replaceAll(' ', ''));
  });
});

describe('the cost of a very long turn', () => {
  /** The processor time of the fastest of three rounds, in microseconds. */
  const costOf = (text: string): number => {
    const times = [1, 2, 3].map(() => {
      const before = process.cpuUsage();
      cues(finalTurn(0, text, 0, { words: [] }));
      const { user, system } = process.cpuUsage(before); // the share of each is an estimate, their sum is not
      return user + system;
    });
    return Math.min(...times);
  };

  it('is in proportion to its length', () => {
    costOf('a '.repeat(2000)); // compiles it
    const [short, long] = [2000, 16_000].map((count) => costOf('a '.repeat(count)));
    expect(long! / short!).toBeLessThan(24); // 8 if it is linear, 64 if it is quadratic
  });

  it.each(['漢', ')]'])('has no long call of Intl.Segmenter: %s', (part) => {
    const segment = jest.spyOn(Intl.Segmenter.prototype, 'segment');
    cues(finalTurn(0, part.repeat(5000), 0, { words: [] }));
    const lengths = segment.mock.calls.map(([text]) => text.length);
    segment.mockRestore();
    expect(lengths.length).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
  });
});

const HOSTILE = [
  'a < b and c > d',
  'x < i and y > z',
  'so 3 < s and s > 1',
  'press < font and > to zoom',
  '<i>really</i>',
  '< / b > end',
  '{\\an8}top',
  '{y:i}odd',
  '{comment} stays',
  'C:\\New\\names',
  '1 --> 2',
  'a &amp; b &lt;i&gt;',
  '<<b>> twice',
  '<!-- hidden -->',
  'x < 3 > y',
  'left <- right',
  '00:00:01,000 --> 00:00:02,000',
  '<c.red>class</c>',
  '<v Bob>voice',
  '<00:00:01.000>time',
];

(isInstalled('ffmpeg') ? describe : describe.skip)('hostile text, in ffmpeg', () => {
  it.each(['srt', 'vtt'] as const)('keeps every word in %s', async (format) => {
    const dir = await mkdtemp(join(tmpdir(), 'rxscribe-hostile-'));
    const path = join(dir, `talk.${format}`);
    const turns = HOSTILE.map((text, order) => spokenTurn(order, text, order * 5000, 8));
    await writeFile(path, captionDocument(turns, format));
    const output = execFileSync('ffmpeg', ['-v', 'quiet', '-nostdin', '-i', path, '-f', 'ass', '-'], {
      encoding: 'utf8',
    });
    await rm(dir, { recursive: true });
    const dialogue = output.split('\n').filter((line) => line.startsWith('Dialogue'));
    const wordsOf = (text: string): string[] => text.match(/[a-z]+|\d+/gi) ?? [];
    // what libass shows: escaped braces are braces, overrides in braces are hidden
    const shown = dialogue.map((line) =>
      line
        .split(',')
        .slice(9)
        .join(',')
        .replaceAll('\\{', '(')
        .replaceAll(/\{[^}]*\}/g, '')
        .replaceAll('\\N', ' '),
    );
    expect(wordsOf(shown.join(' '))).toEqual(wordsOf(HOSTILE.join(' ')));
  });
});

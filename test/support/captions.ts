import { spawnSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import type { FinalTurn, SpeakerRevision, TranscriptionEvent } from '../../operators/events.ts';
import { fc } from './fastCheck.ts';
import { final } from './turns.ts';

/** Makes a final turn; by default its words take 100 ms each, one after another. */
export function finalTurn(order: number, text: string, from = 0, fields: Partial<FinalTurn> = {}): FinalTurn {
  return { ...final(order, text, from), isFinal: true, session: 0, ...fields };
}

/** Makes a final turn of words with times: `timedTurn(0, ['Hello', 500, 900], ['there.', 900, 1300])`. */
export function timedTurn(order: number, ...words: readonly (readonly [string, number, number])[]): FinalTurn {
  return finalTurn(order, words.map(([text]) => text).join(' '), 0, {
    words: words.map(([text, start, end]) => ({ text, start, end, confidence: 0.9, word_is_final: true })),
  });
}

/** Makes a final turn whose words are spoken at this many characters per second. */
export function spokenTurn(order: number, text: string, from = 0, perSecond = 15): FinalTurn {
  let at = from;
  return timedTurn(
    order,
    ...text.split(' ').map((word): [string, number, number] => {
      const start = at;
      at += Math.round(((word.length + 1) * 1000) / perSecond);
      return [word, start, at - 20];
    }),
  );
}

/** Makes a speaker revision: `speakerRevision([0, 'B', turn])`. */
export function speakerRevision(...turns: readonly (readonly [string, FinalTurn])[]): SpeakerRevision {
  return {
    type: 'SpeakerRevision',
    session: 0,
    revisions: turns.map(([speaker_label, { turn_order, words }]) => ({
      turn_order,
      speaker_label,
      words: [...words],
    })),
  };
}

/** Puts events between the `Begin` and the `Termination` of a session. */
export function withSession(...events: readonly TranscriptionEvent[]): TranscriptionEvent[] {
  return [
    { type: 'Begin', id: '1', expires_at: 0, session: 0 },
    ...events,
    { type: 'Termination', session: 0, audio_duration_seconds: 1, session_duration_seconds: 1 },
  ];
}

/** A cue as a player reads it. */
export interface ReadCue {
  readonly startMs: number;
  readonly endMs: number;
  readonly lines: readonly string[];
}

const TIMES = /^(\d{2,}):(\d\d):(\d\d)[.,](\d{3}) --> (\d{2,}):(\d\d):(\d\d)[.,](\d{3})$/;

/** Reads SubRip strictly: a blank line after each cue, numbers from 1, a comma in the times. */
export function readSrt(document: string): ReadCue[] {
  return blocks(document).map(([number, times = '', ...lines], index) => {
    if (number !== String(index + 1) || times.includes('.')) throw new Error(`not SubRip at ${index}: ${times}`);
    return { ...readTimes(times), lines };
  });
}

/** Reads WebVTT strictly: a header, a point in the times; resolves escapes, and voices as `Ann: `. */
export function readVtt(document: string): ReadCue[] {
  const [header, ...cues] = blocks(document);
  if (header?.join('\n') !== 'WEBVTT') throw new Error(`not WebVTT: ${String(header)}`);
  return cues.map(([times = '', ...lines]) => {
    if (times.includes(',') || lines.some((line) => /-->|&(?!amp;|lt;|gt;)/.test(line))) throw new Error(`not WebVTT`);
    const text = lines.map((line) => line.replace(/^<v ([^>]*)>/, '$1: '));
    if (text.some((line) => /[<>]/.test(line))) throw new Error('a tag other than a voice');
    return { ...readTimes(times), lines: text.map(unescaped) };
  });
}

function blocks(document: string): string[][] {
  if (document !== '' && !document.endsWith('\n\n')) throw new Error('truncated');
  return document
    .split('\n\n')
    .slice(0, -1)
    .map((block) => block.split('\n'));
}

function readTimes(text: string): { startMs: number; endMs: number } {
  const [h, m, s, ms, h2, m2, s2, ms2] = (TIMES.exec(text) ?? []).slice(1).map(Number);
  if (ms2 === undefined) throw new Error(`no times: ${text}`);
  const at = (hours = 0, minutes = 0, seconds = 0, rest = 0): number =>
    ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest;
  return { startMs: at(h, m, s, ms), endMs: at(h2, m2, s2, ms2) };
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const WORDS = [
  'a',
  'I',
  'yes,',
  'well',
  'microphone',
  'transcription.',
  '“Really?”',
  'e.g.',
  '3.5',
  '今日は',
  'สวัสดี',
  'שלום',
  'é',
  '👩‍👩‍👧',
  '<b>',
  'R&D',
  '-->',
];

/** Any turn a service might send: words of many scripts, fast or slow, with pauses, one or two speakers. */
export const anyTurn: fc.Arbitrary<(order: number, from: number) => FinalTurn> = fc
  .array(
    fc.record({
      text: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
        { weight: 2, arbitrary: fc.stringMatching(/^[a-z]{1,12}[.,]?$/) },
        { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }) },
      ),
      gap: fc.oneof({ weight: 8, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.nat(9000) }),
      length: fc.integer({ min: 20, max: 900 }),
      speaker: fc.constantFrom('A', 'A', 'A', 'B', 'UNKNOWN'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((words) => (order, from) => {
    let at = from;
    const spokenWords = words.map(({ text, gap, length, speaker }) => {
      const start = at + gap;
      at = start + length;
      return { text, start, end: at, confidence: 0.9, word_is_final: true, speaker };
    });
    return finalTurn(order, words.map(({ text }) => text).join(' '), 0, { words: spokenWords });
  });

/** Several turns, one after another. */
export const anyTurns: fc.Arbitrary<FinalTurn[]> = fc
  .array(fc.tuple(anyTurn, fc.nat(3000)), { maxLength: 6 })
  .map((makers) => {
    let from = 0;
    return makers.map(([make, gap], order) => {
      const turn = make(order, from + gap);
      from = turn.words.at(-1)!.end;
      return turn;
    });
  });

/** Returns the visible characters of a text, to compare turns with documents. */
export function visibleText(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u2060\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** Whether a program is installed; warns if it is not, because the tests that need it are then skipped. */
export function isInstalled(program: string): boolean {
  const found = spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0;
  if (!found) console.warn(`${program} is not installed: tests that need it are skipped`);
  return found;
}

/** Resolves once a condition holds, while the event loop runs; rejects after 100 s. */
export async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never held: ${String(condition)}`);
    await setImmediate();
  }
}

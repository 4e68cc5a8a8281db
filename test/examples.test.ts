import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, TALK, openWorkplace } from './support/workplace.ts';
import type { Result, Workplace } from './support/workplace.ts';

const CAPTIONS = `WEBVTT

00:00:00.500 --> 00:00:02.061
${TALK[0]}

00:00:02.912 --> 00:00:06.720
${TALK[1]}

`;

/** How each example is run. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'captions.js': ['talk.wav', 'talk.vtt'],
  'ffmpeg.js': ['talk.mp3'],
  'live-search.js': [],
  'marbles.test.js': [],
  'voice-command.js': [],
};

describe('examples', () => {
  let workplace: Workplace;
  let results: Readonly<Record<string, Result>>;

  // all at once: most of their time they wait for the recording to be spoken
  beforeAll(async () => {
    workplace = await openWorkplace();
    const run = async ([name, args]: [string, readonly string[]]): Promise<[string, Result]> => [
      name,
      await workplace.node(`examples/${name}`, ...args),
    ];
    results = Object.fromEntries(await Promise.all(Object.entries(PROGRAMS).map(run)));
  }, 60_000);

  afterAll(() => workplace.close());

  it('are all run', async () => {
    expect((await readdir(join(ROOT, 'examples'))).toSorted()).toEqual(Object.keys(PROGRAMS));
  });

  it.each(Object.keys(PROGRAMS))('%s ends by itself, without an error', (name) => {
    expect(results[name]).toMatchObject({ code: 0, stderr: '' });
  });

  it('captions.js writes both turns with their times', async () => {
    expect(await workplace.read('talk.vtt')).toBe(CAPTIONS);
  });

  it('ffmpeg.js prints what ffmpeg delivers', () => {
    expect(linesOf(results['ffmpeg.js'])).toEqual(TALK);
  });

  it('live-search.js searches for words while they are spoken', () => {
    const searched = linesOf(results['live-search.js']);
    expect(searched.length).toBeGreaterThan(4);
    expect(searched.at(-1)).toMatch(/^speak: \d+ lines$/);
  });

  it('voice-command.js does what it hears', () => {
    expect(linesOf(results['voice-command.js'])).toEqual(['and welcome to you']);
  });
});

function linesOf(result: Result | undefined): string[] {
  return (result?.stdout ?? '').trimEnd().split('\n');
}

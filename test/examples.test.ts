import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { bundledRecording } from '../src/simulator/index.ts';
import { nodeWithSqlite } from './support/nodeWithSqlite.ts';
import { speechModel } from './support/speechModel.ts';
import { ROOT, TALK_TRANSCRIPTS, createUserProject } from './support/userProject.ts';
import type { ProgramResult, UserProject } from './support/userProject.ts';

const CAPTIONS = `WEBVTT

00:00:00.500 --> 00:00:02.061
${TALK_TRANSCRIPTS[0]}

00:00:02.912 --> 00:00:06.720
Your microphone becomes text,
word by word, while you speak.

`;

/** Two speakers; the first turn is also in `talk.wav`. */
const DIALOGUE = { fromMs: 2500, toMs: 10_200 };
const QUESTION = 'Does it keep up when the network drops?';

const MINUTES = `\`00:00:00\` **A:** ${TALK_TRANSCRIPTS[1]}

\`00:00:05\` **B:** ${QUESTION}

`;

const SUBTITLES = `1
00:00:00,412 --> 00:00:04,220
A: Your microphone becomes text,
word by word, while you speak.

2
00:00:05,070 --> 00:00:07,266
B: ${QUESTION}

`;

/** Cuts the bundled recording into the audio of each microphone and a file with three turns. */
const PREPARE = `
import { readFile, writeFile } from 'node:fs/promises';
import { bundledRecording } from 'rxscribe/simulator';
const { pcm } = await bundledRecording();
const cut = (fromMs, toMs) => pcm.subarray(fromMs * 32, toMs * 32);
const silence = (ms) => Buffer.alloc(ms * 32);
await writeFile('dialogue.pcm', cut(${DIALOGUE.fromMs}, ${DIALOGUE.toMs}));
// the question falls between the two turns of talk.pcm; Ctrl-C follows both
await writeFile('question.pcm', Buffer.concat([silence(2600), cut(7300, 10_200), silence(3000)]));
const header = (await readFile('talk.wav')).subarray(0, -7300 * 32);
await writeFile('three.wav', Buffer.concat([header, cut(0, 10_400)]));
`;

/** Removes what follows the first final. */
const FORGET = `
import { DatabaseSync } from 'node:sqlite';
const database = new DatabaseSync('talk.db');
const first = "SELECT MIN(id) FROM events WHERE event LIKE ?";
database.prepare(\`DELETE FROM events WHERE id > (\${first})\`).run('%"isFinal":true%');
`;

/** Several microphones with different audio, for the programs that use them. */
const MICROPHONES = JSON.stringify({ '': 'dialogue.pcm', Headset: 'talk.pcm', Desk: 'question.pcm' });
const WITH_MICROPHONES: ReadonlySet<string> = new Set(['meeting-recorder.js', 'two-microphones.js']);

/** The command line of each example. */
const PROGRAMS: Record<string, readonly string[]> = {
  'captions.js': ['examples/captions.js', 'talk.wav', 'talk.vtt'],
  'compare.js': ['examples/compare.js', 'talk.wav', 'MODEL', 'talk.txt'],
  'database.js': ['examples/database.js', 'three.wav', 'turns.jsonl', '2'],
  'durable.js': ['examples/durable.js', 'talk.wav', 'interview'],
  'durable-database.js': ['examples/durable-database.js', 'talk.pcm', 'talk.db'],
  'ffmpeg.js': ['examples/ffmpeg.js', 'talk.mp3'],
  'live-search.js': ['examples/live-search.js'],
  'marbles.test.js': ['examples/marbles.test.js'],
  'meeting-recorder.js': ['examples/meeting-recorder.js', 'meeting'],
  'pay-for-speech.js': ['examples/pay-for-speech.js', 'talk.wav'],
  'translate.js': ['examples/translate.js', 'talk.wav'],
  'two-microphones.js': ['examples/two-microphones.js', 'Anna=Headset', 'Ben=Desk'],
  'voice-command.js': ['examples/voice-command.js'],
};

/** How many programs run at the same time: they mostly wait for audio in real time, but not while they start. */
const AT_ONCE = 7;

const sqlite = await nodeWithSqlite();
if (sqlite === undefined) {
  delete PROGRAMS['durable-database.js'];
  process.stderr.write('skipping durable-database.js: it needs Node 22.13\n');
}

describe('examples', () => {
  let project: UserProject;
  let results: Readonly<Record<string, ProgramResult>>;

  beforeAll(async () => {
    const model = await speechModel();
    project = await createUserProject();
    await project.write('prepare.js', PREPARE);
    await project.write('talk.txt', TALK_TRANSCRIPTS.join('\n'));
    expect(await project.node('prepare.js')).toEqual({ code: 0, stdout: '', stderr: '' });
    const run = async ([name, args]: [string, readonly string[]]): Promise<[string, ProgramResult]> => [
      name,
      WITH_MICROPHONES.has(name)
        ? await project.shell(`TEST_MICROPHONES='${MICROPHONES}' node ${args.join(' ')}`)
        : name === 'durable-database.js'
          ? await project.shell(`${sqlite} --disable-warning=ExperimentalWarning ${args.join(' ')}`)
          : await project.node(...args.map((arg) => (arg === 'MODEL' ? model : arg))),
    ];
    const result$ = from(Object.entries(PROGRAMS)).pipe(mergeMap(run, AT_ONCE));
    results = Object.fromEntries(await lastValueFrom(result$.pipe(toArray())));
  });

  afterAll(() => project.close());

  it('are all tested', async () => {
    // folders are tested in test/examples
    const entries = await readdir(join(ROOT, 'examples'), { withFileTypes: true });
    const programs = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const tested = [...new Set([...Object.keys(PROGRAMS), 'durable-database.js'])];
    expect(programs.toSorted()).toEqual(tested.toSorted());
  });

  it.each(Object.keys(PROGRAMS))('%s exits without an error', (name) => {
    expect(results[name]).toMatchObject({ code: 0, stderr: '' });
  });

  it('captions.js writes both turns with their times, in lines of captions', async () => {
    expect(await project.read('talk.vtt')).toBe(CAPTIONS);
  });

  it('compare.js prints what the service and this device recognised, and their word errors', () => {
    const lines = linesOf(results['compare.js']);
    expect(lines[0]).toMatch(/^service +this device$/);
    expect(lines).toContain('service: 0 of 13 words wrong (0.0 %)');
    expect(lines.at(-1)).toMatch(/^device: [0-4] of 13 words wrong/);
  });

  it('database.js saves every turn, including the last batch', async () => {
    expect(linesOf(results['database.js'])).toEqual(['2 saved', '1 saved']);
    const rows = (await project.read('turns.jsonl')).trimEnd().split('\n');
    expect(rows.map((row): unknown => JSON.parse(row))).toEqual([
      { id: 0, startMs: 500, transcript: TALK_TRANSCRIPTS[0] },
      { id: 1, startMs: 2912, transcript: TALK_TRANSCRIPTS[1] },
      { id: 2, startMs: 7570, transcript: QUESTION },
    ]);
  });

  it('durable.js continues after a kill, and its captions are those of an unbroken run', async () => {
    const args = 'node examples/durable.js talk.wav killed';
    const killed = await project.shell(`${args} & sleep 5; kill -KILL $!; wait $!`);
    expect(killed.code).not.toBe(0);
    expect(await project.shell(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await project.read('killed/talk.srt')).toBe(await project.read('interview/talk.srt'));
    expect(await project.read('interview/talk.srt')).toContain(TALK_TRANSCRIPTS[0]);
    // a finished run only writes the captions again
    const log = await project.read('killed/events.ndjson');
    expect(await project.shell(args)).toMatchObject({ code: 0 });
    expect(await project.read('killed/events.ndjson')).toBe(log);
  });

  (sqlite === undefined ? it.skip : it)(
    'durable-database.js continues after the last event in the database',
    async () => {
      expect(linesOf(results['durable-database.js'])).toEqual(TALK_TRANSCRIPTS);
      // the first final is the last event that was stored before the kill
      await project.write('forget.js', FORGET);
      const node = `${sqlite} --disable-warning=ExperimentalWarning`;
      const again = `${node} forget.js && ${node} examples/durable-database.js talk.pcm talk.db`;
      expect(await project.shell(again)).toEqual({ code: 0, stdout: `${TALK_TRANSCRIPTS[1]}\n`, stderr: '' });
    },
  );

  it('ffmpeg.js prints the turns of what ffmpeg writes', () => {
    expect(linesOf(results['ffmpeg.js'])).toEqual(TALK_TRANSCRIPTS);
  });

  it('live-search.js searches for words while they are spoken', () => {
    const searched = linesOf(results['live-search.js']);
    expect(searched.length).toBeGreaterThan(4);
    expect(searched.at(-1)).toMatch(/^speak: \d+ lines$/);
  });

  it('meeting-recorder.js prints and writes turns with their speakers', async () => {
    expect(linesOf(results['meeting-recorder.js'])).toEqual([
      TALK_TRANSCRIPTS[1], // speakers are not known yet
      QUESTION,
      '',
      `A: ${TALK_TRANSCRIPTS[1]}`,
      `B: ${QUESTION}`,
    ]);
    expect(await project.read('meeting.md')).toBe(MINUTES);
    expect(await project.read('meeting.srt')).toBe(SUBTITLES);
  });

  it('meeting-recorder.js records all audio', async () => {
    const { stdout } = await project.node('-p', "fs.readFileSync('meeting.wav', 'base64')");
    const wav = Buffer.from(stdout, 'base64');
    const { pcm } = await bundledRecording();
    const spoken = pcm.subarray(DIALOGUE.fromMs * 32, DIALOGUE.toMs * 32);
    const data = wav.indexOf('data');
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect(wav.readUInt32LE(data + 4)).toBe(wav.length - data - 8);
    expect(wav.subarray(data + 8, data + 8 + spoken.length).equals(spoken)).toBe(true);
    // silence follows until Ctrl-C
    const rest = wav.subarray(data + 8 + spoken.length);
    expect(rest.equals(Buffer.alloc(rest.length))).toBe(true);
  });

  it('pay-for-speech.js prints the turns, and how long sessions were open', () => {
    expect(linesOf(results['pay-for-speech.js'])).toEqual([
      'waiting for speech since 0 s',
      ...TALK_TRANSCRIPTS,
      expect.stringMatching(/^sessions were open for \d+ s of \d+ s$/),
    ]);
  });

  it('translate.js keeps the order although the first translation takes longest', () => {
    expect(linesOf(results['translate.js'])).toEqual([
      'Willkommen bei rxscribe.',
      'Ihr Mikrofon becomes text, word by word, while you speak.',
    ]);
  });

  it('two-microphones.js prints who said what, in order', () => {
    expect(linesOf(results['two-microphones.js'])).toEqual([
      `Anna: ${TALK_TRANSCRIPTS[0]}`,
      `Ben: ${QUESTION}`,
      `Anna: ${TALK_TRANSCRIPTS[1]}`,
    ]);
  });

  it('voice-command.js runs the command that was spoken', () => {
    expect(linesOf(results['voice-command.js'])).toEqual(['and welcome to you']);
  });
});

function linesOf(result: ProgramResult | undefined): string[] {
  return (result?.stdout ?? '').trimEnd().split('\n');
}

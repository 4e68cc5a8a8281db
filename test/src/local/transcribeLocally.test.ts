import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, tap, toArray } from 'rxjs';
import { audioFile } from 'rxscribe';
import { transcribeLocally } from 'rxscribe/local';
import type { LocalOptions } from 'rxscribe/local';
import { bufferBytes, partials } from 'rxscribe/operators';
import type { FinalTurn, Stats, TranscriptionEvent } from 'rxscribe/operators';
import { eventually } from '../../support/captions.ts';
import { HUMAN_TEXT, humanSpeech } from '../../support/humanSpeech.ts';
import { speechModel } from '../../support/speechModel.ts';
import { wordErrors, wordsOf } from '../../support/wordErrors.ts';

const DEMO_WAV = 'src/simulator/recording/demo.wav';
const DEMO_JSON = 'src/simulator/recording/demo.json';

let directory: string;
let human: string;
let model: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-'));
  human = humanSpeech(directory);
  model = await speechModel();
});
afterAll(() => rmSync(directory, { recursive: true }));

function transcription(
  path: string,
  options: Partial<LocalOptions> = {},
  onEvent: (event: TranscriptionEvent) => void = () => undefined,
): Promise<TranscriptionEvent[]> {
  return lastValueFrom(
    audioFile(path, { speed: Infinity }).pipe(
      bufferBytes(3200),
      transcribeLocally({ model, partials: false, ...options }),
      tap(onEvent),
      toArray(),
    ),
  );
}

function finalsOf(events: readonly TranscriptionEvent[]): FinalTurn[] {
  return events.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
}

function textOf(events: readonly TranscriptionEvent[]): string {
  return finalsOf(events)
    .map((turn) => turn.transcript)
    .join(' ');
}

/** The processes that this one has started and that have not ended. */
function enginePids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const parent = /^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return command.includes('engineProcess.js') && Number(parent) === process.pid;
      } catch {
        return false; // it has ended
      }
    });
}

/** Makes the running engines so many times slower, until the returned function is called: they run for a part of each second. */
function slowDown(times: number): () => void {
  const pids = enginePids();
  const send = (signal: NodeJS.Signals): void => {
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, signal);
  };
  const stop = setInterval(() => {
    send('SIGSTOP');
    setTimeout(() => send('SIGCONT'), 1000 - 1000 / times);
  }, 1000);
  return () => {
    clearInterval(stop);
    setTimeout(() => send('SIGCONT'), 1000);
  };
}

/** Whether a process runs: one that has ended but was not collected by its parent has no command line. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

function expectExactAccounts(events: readonly TranscriptionEvent[]): void {
  const stats = events.at(-1) as Stats;
  expect(stats.type).toBe('Stats');
  expect(stats.transcribedMs + stats.gapMs).toBeCloseTo(stats.capturedMs, 6);
  expect(stats.gapMs).toBe(0);
}

describe('transcribeLocally', () => {
  it.each(['native', 'wasm'] as const)('recognises human speech with at most 5 %% word errors (%s)', async (engine) => {
    const events = await transcription(human, { engine });
    expect(wordErrors(HUMAN_TEXT, textOf(events)) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
    expect(finalsOf(events).map((turn) => turn.turn_order)).toEqual(finalsOf(events).map((_, index) => index));
    expectExactAccounts(events);
  });

  it('recognises synthetic speech with at most 25 % word errors, and words have no confidence', async () => {
    const events = await transcription(DEMO_WAV, { sampleRate: 16_000, finalModel: model });
    const { words } = JSON.parse(readFileSync(DEMO_JSON, 'utf8')) as {
      readonly words: readonly { readonly text: string }[];
    };
    const reference = words.map((word) => word.text).join(' ');
    expect(wordErrors(reference, textOf(events)) / wordsOf(reference).length).toBeLessThanOrEqual(0.25);
    expect(finalsOf(events)[0]?.words[0]).not.toHaveProperty('confidence');
    expectExactAccounts(events);
  });

  it('emits partials of live speech', async () => {
    // at the pace of speech, because an engine that is behind skips partials
    const event$ = audioFile(DEMO_WAV).pipe(bufferBytes(3200), transcribeLocally({ model }));
    const partial = await firstValueFrom(event$.pipe(partials()));
    expect(partial).toMatchObject({ isFinal: false, end_of_turn: false });
  });

  it('loses no word when the engine is killed in the middle of a turn', async () => {
    let turns = 0;
    const events = await transcription(human, {}, (event) => {
      if (event.type !== 'SpeechStarted' || ++turns !== 3) return;
      for (const pid of enginePids()) process.kill(pid, 'SIGKILL');
    });
    expect(events.filter((event) => event.type === 'Reconnecting')).toHaveLength(1);
    expect(wordErrors(HUMAN_TEXT, textOf(events)) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
    expectExactAccounts(events);
  });

  it('replaces an engine that hangs, and loses no word', async () => {
    let turns = 0;
    const events = await transcription(human, { stallTimeout: 5000 }, (event) => {
      if (event.type !== 'SpeechStarted' || ++turns !== 3) return;
      for (const pid of enginePids()) process.kill(pid, 'SIGSTOP');
    });
    const retry = events.find((event) => event.type === 'Reconnecting');
    expect(retry?.reason).toMatch(/processed no audio for 5000 ms/);
    expect(wordErrors(HUMAN_TEXT, textOf(events)) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
    expectExactAccounts(events);
  });

  it('makes a recording wait for an engine that is ten times slower, and loses no word', async () => {
    let release = (): void => undefined;
    const events = await transcription(human, { stallTimeout: 60_000 }, (event) => {
      if (event.type === 'Begin') release = slowDown(10);
    });
    release();
    expect(wordErrors(HUMAN_TEXT, textOf(events)) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
    expectExactAccounts(events);
  });

  it('grows by nothing over 20 sessions, of which 8 are cut short', async () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import { setImmediate } from 'node:timers/promises';
      import { EMPTY, concat, from, lastValueFrom, NEVER, takeWhile } from 'rxjs';
      import { bufferBytes } from 'rxscribe/operators';
      import { transcribeLocally } from 'rxscribe/local';
      const speech = readFileSync(${JSON.stringify(human)}).subarray(44, 44 + 3 * 32000);
      const sizes = [];
      for (let count = 0; count < 20; count++) {
        const isCut = count % 5 > 2;
        const source$ = concat(from([speech]), isCut ? NEVER : EMPTY).pipe(bufferBytes(3200));
        const event$ = source$.pipe(transcribeLocally({ model: ${JSON.stringify(model)} }));
        await lastValueFrom(event$.pipe(takeWhile(({ type }) => !isCut || type !== 'SpeechStarted')), { defaultValue: 0 });
        global.gc();
        sizes.push(process.memoryUsage().heapUsed);
      }
      const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
      while (children() !== '') await setImmediate();
      console.log(JSON.stringify(sizes));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      '--input-type=module',
      '-e',
      script,
    ]);
    const sizes = JSON.parse(stdout) as number[];
    expect(sizes).toHaveLength(20);
    expect(Math.max(...sizes.slice(15)) - Math.max(...sizes.slice(3, 8))).toBeLessThan(1_000_000);
  });

  it('runs two transcriptions at once', async () => {
    const both = await Promise.all([transcription(human), transcription(human)]);
    expect(both.map((events) => textOf(events))).toEqual([textOf(both[0]), textOf(both[0])]);
    await eventually(() => enginePids().length === 0);
    expect(enginePids()).toEqual([]);
  });

  it('leaves no process behind when this process is killed, and passes it no key', async () => {
    const script = `
      import { NEVER } from 'rxjs';
      import { readFileSync } from 'node:fs';
      import { transcribeLocally } from 'rxscribe/local';
      NEVER.pipe(transcribeLocally({ model: ${JSON.stringify(model)} })).subscribe(() =>
        console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ASSEMBLYAI_API_KEY: 'a-secret-key' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(line).trim());
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('a-secret-key');
    parent.kill('SIGKILL');
    while (isRunning(pid)) await new Promise(setImmediate);
    expect(isRunning(pid)).toBe(false);
  });

  it.each([
    [
      'garbage',
      (dir: string) => writeFileSync(join(dir, 'encoder_model.onnx'), Buffer.alloc(1_000_000, 7)),
      /encoder|load/i,
    ],
    [
      'a cut file',
      (dir: string) => truncateSync(join(dir, 'decoder_model_merged.onnx'), 5_000_000),
      /decoder|load|Protobuf/i,
    ],
    [
      'tokens of another model',
      (dir: string) => writeFileSync(join(dir, 'tokens.txt'), '<unk> 0\n'),
      /token|load|exit/i,
    ],
  ])('errors once, and this process lives, when the model has %s', async (name, damage, message) => {
    const dir = join(directory, name.replaceAll(' ', '-'));
    mkdirSync(dir);
    for (const file of readdirSync(model)) copyFileSync(join(model, file), join(dir, file));
    damage(dir);
    const events: TranscriptionEvent[] = [];
    const failure = transcription(human, { model: dir }, (event) => events.push(event));
    await expect(failure).rejects.toMatchObject({ name: 'TranscriptionError', code: 'ERR_ENGINE', retryable: false });
    await expect(failure).rejects.toThrow(message);
    expect(events.map((event) => event.type)).not.toContain('Reconnecting');
  });

  it('refuses a missing model when it is called', () => {
    expect(() => transcribeLocally({ model: join(directory, 'none') })).toThrow(/there is no such directory/);
    expect(() => transcribeLocally({} as LocalOptions)).toThrow(
      new TypeError('model is missing: the directory of a model; see rxscribe models'),
    );
  });

  it('leaves no process behind when it is unsubscribed', async () => {
    await new Promise<void>((resolve) => {
      const subscription = audioFile(human)
        .pipe(bufferBytes(3200), transcribeLocally({ model }))
        .subscribe((event) => {
          if (event.type !== 'Begin') return;
          subscription.unsubscribe();
          resolve();
        });
    });
    await eventually(() => enginePids().length === 0);
    expect(enginePids()).toEqual([]);
  });
});

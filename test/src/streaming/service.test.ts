import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { config, lastValueFrom, map, toArray } from 'rxjs';
import type { Observable } from 'rxjs';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import type { FinalTurn, Stats, TranscriptionEvent } from '../../../operators/events.ts';
import { audioFile } from '../../../src/audio/audioFile.ts';
import { pcmStream } from '../../../src/audio/pcmStream.ts';
import { FAULT_KINDS, bundledRecording, startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import { recogniseRecordings } from '../../../src/simulator/recogniseRecordings.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';

const WAV = fileURLToPath(new URL('../../../src/simulator/recording/demo.wav', import.meta.url));
const SENTENCES = [
  'Welcome to rxscribe.',
  'Your microphone becomes text, word by word, while you speak.',
  'Does it keep up when the network drops?',
  'Yes, yes, it remembers what was said, and says it again.',
  'And when nobody says anything?',
  'Then it waits, and carries on when you do.',
  'Compose it, test it, make it yours.',
];
const MS = 24_760;
const simulators: Simulator[] = [];
/** The next step of `steadyTime`. */
let passing: NodeJS.Timeout | undefined;

afterEach(async () => {
  jest.useRealTimers();
  clearTimeout(passing);
  await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
});

async function serve(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ caDir: process.env.RXSCRIBE_TEST_CA_DIR ?? '', ...options });
  simulators.push(simulator);
  return simulator;
}

/** The bundled recording, transcribed as fast as can be if nothing else is given. */
function transcribed(
  simulator: Simulator,
  options: Partial<TranscribeOptions> = {},
  recording$ = audioFile(WAV, { speed: Infinity }),
): Observable<TranscriptionEvent> {
  return recording$.pipe(
    bufferBytes(3200),
    transcribe({
      apiKey: simulator.apiKey,
      websocketBaseUrl: simulator.url,
      speechModel: 'u3-rt-pro',
      sampleRate: 16_000,
      catchUpSpeed: Infinity,
      ...options,
    }),
  );
}

const eventsOf = (event$: Observable<TranscriptionEvent>): Promise<TranscriptionEvent[]> =>
  lastValueFrom(event$.pipe(toArray()));
const finalsOf = (events: readonly TranscriptionEvent[]): FinalTurn[] =>
  events.filter((event) => event.type === 'Turn').filter((turn) => turn.isFinal);
const textOf = (events: readonly TranscriptionEvent[]): string[] => finalsOf(events).map((turn) => turn.transcript);
const statsOf = (events: readonly TranscriptionEvent[]): Stats => events.findLast((event) => event.type === 'Stats')!;

/** Lets time pass only while this process runs, at most 20 ms at once: on a busy machine it may be stopped for a second. */
function steadyTime(): void {
  const [now, wait] = [performance.now.bind(performance), setTimeout];
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  let last = now();
  const pass = (): void => {
    const at = now();
    jest.advanceTimersByTime(Math.min(Math.round(at - last), 20));
    last = at;
    passing = wait(pass, 5);
  };
  pass();
}

describe('transcribe, with the official SDK over TLS', () => {
  it('sends every byte in order in frames of 100 ms, and emits every word with its time', async () => {
    const simulator = await serve();
    const { pcm, words } = await bundledRecording();

    const events = await eventsOf(transcribed(simulator));

    const [session] = simulator.sessions;
    expect(Buffer.from(session!.audio()).equals(Buffer.from(pcm))).toBe(true);
    expect(session?.frameBytes.slice(0, -1).every((bytes) => bytes === 3200)).toBe(true);
    expect(textOf(events)).toEqual(SENTENCES);
    const emitted = finalsOf(events).flatMap((turn) => turn.words);
    expect(emitted.map(({ text, start, end }) => ({ text, start, end }))).toEqual(
      words.map(({ text, start, end }) => ({ text, start, end })),
    );
    expect(events.at(-2)).toMatchObject({ type: 'Termination', audio_duration_seconds: 25 });
    expect(statsOf(events)).toMatchObject({ capturedMs: MS, transcribedMs: MS, gapMs: 0, sessions: 1 });
    expect(simulator.violations).toEqual([]);
  });

  it.each([
    ['universal-streaming-english', {}],
    ['universal-streaming-english', { formatTurns: true }],
    ['universal-streaming-multilingual', { formatTurns: false }],
    ['universal-3-6-pro', { speakerLabels: true, sessionHeartbeat: true }],
    ['universal-3-5-pro', { includePartialTurns: false, mode: 'max_accuracy' }],
  ] as const)('emits one final per turn with %s %j', async (speechModel, options) => {
    const simulator = await serve();

    const finals = finalsOf(await eventsOf(transcribed(simulator, { speechModel, ...options })));

    const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z ]/g, '');
    expect(finals.map((turn) => plain(turn.transcript)).join(' ')).toBe(SENTENCES.map(plain).join(' '));
    expect(finals.map((turn) => turn.turn_order)).toEqual(finals.map((_, index) => index));
    expect(simulator.violations).toEqual([]);
  });

  it('transcribes what was recorded while the connection was made', async () => {
    const simulator = await serve({ beginDelayMs: 300 });

    expect(textOf(await eventsOf(transcribed(simulator)))).toEqual(SENTENCES);
  });

  it.each([
    ['a wrong key', {}, { apiKey: 'wrong' }, 'unauthorized'],
    ['a wrong key, on the upgrade', { refuse: 'http-401' }, { apiKey: 'wrong' }, 'unauthorized'],
    ['a model that the service does not know', {}, { speechModel: 'no-such-model' }, 'invalid-input'],
  ] as const)('ends after one attempt on %s', async (_, service, options, kind) => {
    const simulator = await serve(service);

    await expect(eventsOf(transcribed(simulator, options))).rejects.toMatchObject({ kind, retryable: false });
    expect(simulator.sessions.length).toBeLessThanOrEqual(1);
  });

  it.each(FAULT_KINDS)('emits the exact transcript through a %s', async (fault) => {
    const before =
      fault === 'refuse-connect' || fault === 'close-before-begin' || fault === 'slow-begin' || fault === 'rate-limit';
    const broken = { atMs: 8000, fault: 'reset' } as const;
    const simulator = await serve({ faults: [{ atMs: 8000, fault }, ...(before ? [broken] : [])] });

    const events = await eventsOf(transcribed(simulator, { stallTimeout: 300, terminationTimeout: 300 }));

    expect(textOf(events)).toEqual(SENTENCES);
    expect(finalsOf(events).map((turn) => turn.turn_order)).toEqual(SENTENCES.map((__, index) => index));
    expect(statsOf(events)).toMatchObject({ capturedMs: MS, transcribedMs: MS, gapMs: 0 });
    expect(simulator.violations).toEqual([]);
  });

  it.each(['u3-rt-pro', 'universal-streaming-english'] as const)(
    'emits the exact transcript through a break without partials, with %s',
    async (speechModel) => {
      const simulator = await serve({ faults: [{ atMs: 7000, fault: 'reset' }] });

      const events = await eventsOf(transcribed(simulator, { speechModel, includePartialTurns: false }));

      const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z ]/g, '');
      expect(textOf(events).map(plain).join(' ')).toBe(SENTENCES.map(plain).join(' '));
    },
  );

  it.each([
    ['an outage', 0],
    ['an outage before the first turn', 1],
  ])('waits with a recording during %s, and loses nothing', async (_, silent) => {
    let sessions = 0;
    const { words, ...recording } = await bundledRecording();
    const simulator = await serve({
      faults: [
        { atMs: 8000, fault: 'refuse-connect', count: 3 },
        { atMs: 8000, fault: 'reset' },
      ],
      recogniser: (rate) => recogniseRecordings([{ ...recording, words: sessions++ < silent ? [] : words }])(rate),
    });

    // slow enough that little more than what was processed is sent before the reset
    const recording$ = audioFile(WAV, { speed: 8 });
    const events = await eventsOf(transcribed(simulator, { tapeLength: 16_000 }, recording$));

    expect(textOf(events)).toEqual(SENTENCES);
    expect(statsOf(events)).toMatchObject({ gapMs: 0, reconnects: 4 });
  });

  it('gives up when the service never confirms the end, with what it has', async () => {
    const faults = Array.from({ length: 5 }, () => ({ atMs: 0, fault: 'no-termination' }) as const);
    const simulator = await serve({ faults });

    const events = await eventsOf(transcribed(simulator, { terminationTimeout: 200 }));

    expect(textOf(events)).toEqual(SENTENCES);
    expect(events.findLast(({ type }) => type === 'AudioGap')).toMatchObject({ endMs: MS, reason: 'end-timeout' });
  });

  it('moves over to a successor before a session expires', async () => {
    steadyTime();
    const simulator = await serve({ maxSessionSeconds: 7 });
    const paced = audioFile(WAV, { speed: 1.5 }).pipe(
      bufferBytes(3200),
      transcribe({
        apiKey: simulator.apiKey,
        websocketBaseUrl: simulator.url,
        speechModel: 'u3-rt-pro',
        sampleRate: 16_000,
        catchUpSpeed: 4,
      }),
    );

    const events = await eventsOf(paced);

    expect(textOf(events)).toEqual(SENTENCES);
    expect(statsOf(events)).toMatchObject({ reconnects: 0, gapMs: 0 });
    expect(simulator.sessions.length).toBeGreaterThan(2);
    expect(simulator.sessions.every(({ endedBy }) => endedBy === 'terminate')).toBe(true);
  });

  it('loses nothing of a recording if the successor breaks while the session before it ends', async () => {
    steadyTime();
    const faults = [
      { atMs: 0, fault: 'late-termination', ms: 3000 },
      { atMs: 52_000, fault: 'reset' }, // the successor would be 16 s ahead or more, and the tape holds 10 s
    ] as const;
    const simulator = await serve({ maxSessionSeconds: 6, faults });
    const { pcm } = await bundledRecording();
    const chunks = Array.from({ length: Math.ceil(pcm.length / 3200) }, (_, n) =>
      pcm.subarray(n * 3200, (n + 1) * 3200),
    );
    const thrice = Readable.from([...chunks, ...chunks, ...chunks]);

    const events = await eventsOf(transcribed(simulator, { catchUpSpeed: 8, tapeLength: 10_000 }, pcmStream(thrice)));

    expect(textOf(events)).toEqual([...SENTENCES, ...SENTENCES, ...SENTENCES]);
    expect(statsOf(events).gapMs).toBe(0);
  });

  it('calls a token function for each connection', async () => {
    const simulator = await serve({ faults: [{ atMs: 8000, fault: 'reset' }] });
    let calls = 0;
    const apiKey = (): string => {
      calls++;
      return simulator.apiKey;
    };

    await eventsOf(transcribed(simulator, { apiKey }));

    expect(calls).toBe(2);
  });

  it('goes on when a subscriber throws, and RxJS reports it', async () => {
    const simulator = await serve();
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    let finals = 0;

    await new Promise<void>((complete) => {
      transcribed(simulator).subscribe({
        next: (event) => {
          if (event.type !== 'Turn' || !event.isFinal) return;
          finals++;
          throw new Error('thrown by the subscriber');
        },
        complete,
      });
    });
    await new Promise((resolve) => setTimeout(resolve)); // RxJS reports in a later task
    config.onUnhandledError = null;

    expect(finals).toBe(SENTENCES.length);
    expect(reported).toHaveLength(SENTENCES.length);
  });

  it('ends the session when an operator downstream throws', async () => {
    const simulator = await serve();
    const broken = transcribed(simulator).pipe(
      map((event) => {
        if (event.type === 'Turn') throw new Error('thrown by an operator');
        return event;
      }),
    );

    await expect(eventsOf(broken)).rejects.toThrow('thrown by an operator');
    while (simulator.sessions[0]?.endedBy === undefined) await new Promise(setImmediate);
    expect(simulator.sessions).toHaveLength(1);
    expect(simulator.sessions[0].controls).toEqual([{ type: 'Terminate' }]);
  });

  describe('leaves nothing that keeps the process alive', () => {
    const PROGRAM = `
      const { audioFile, transcribe } = await import('rxscribe');
      const { bufferBytes } = await import('rxscribe/operators');
      const [wav, websocketBaseUrl, apiKey, how] = process.argv.slice(1);
      const options = { apiKey, websocketBaseUrl, speechModel: 'u3-rt-pro', sampleRate: 16000, reconnect: false, catchUpSpeed: Infinity };
      const subscription = audioFile(wav, { speed: how === 'complete' ? Infinity : 4 })
        .pipe(bufferBytes(3200), transcribe(options))
        .subscribe({
          next: ({ type }) => {
            if (type === 'Turn' && how === 'unsubscribe') subscription.unsubscribe();
            if (type === 'Begin' && how === 'unsubscribe at Begin') subscription.unsubscribe();
          },
          error: (error) => console.log(error.kind),
          complete: () => console.log('complete'),
        });
      if (how === 'unsubscribe at once') subscription.unsubscribe();
    `;

    it.each([
      ['complete', {}, 'complete'],
      ['unsubscribe', {}, ''],
      ['unsubscribe at once', {}, ''],
      ['unsubscribe at Begin', {}, ''],
      ['break', { faults: [{ atMs: 2000, fault: 'reset' }] }, 'network'],
      ['error left open', { faults: [{ atMs: 2000, fault: 'error-open' }] }, 'service'],
      ['refused', { apiKey: 'another' }, 'unauthorized'],
    ] as const)('after: %s', async (how, options, printed) => {
      const simulator = await serve(options);
      const key = how === 'refused' ? 'wrong' : simulator.apiKey;
      const child = spawn(
        process.execPath,
        ['--input-type=module', '-e', PROGRAM, '--', WAV, simulator.url, key, how],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let output = '';
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));

      const [code] = (await once(child, 'close')) as [number];

      expect([code, output.trim()]).toEqual([0, printed]);
    });
  });
});

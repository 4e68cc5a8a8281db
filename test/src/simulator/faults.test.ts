import { beforeAll, describe, expect, it } from '@jest/globals';
import { FaultSchedule } from '../../../src/simulator/faultSchedule.ts';
import {
  FAULT_KINDS,
  bundledRecording,
  type Fault,
  type FaultKind,
  type MessageRewrite,
  type PoisonFault,
  type Recording,
  type Simulator,
  type SimulatorEvent,
} from '../../../src/simulator/index.ts';
import { BareClient, start } from './bareClient.ts';

const PRO = { speech_model: 'universal-3-5-pro' };
const AT_MS = 5_010;

let recording: Recording;

beforeAll(async () => {
  recording = await bundledRecording();
});

interface FaultyRun extends AsyncDisposable {
  readonly service: Simulator;
  readonly injected: SimulatorEvent[];
  readonly client: BareClient;
}

/** Starts a service with these faults and a client that sends it the whole recording. */
async function runWithFaults(...faults: (Fault | PoisonFault)[]): Promise<FaultyRun> {
  const injected: SimulatorEvent[] = [];
  const service = await start({ faults, onEvent: (event) => event.type === 'fault' && injected.push(event) });
  const client = await new BareClient(service, { query: PRO }).opened();
  client.sendAudio(recording.pcm);
  return { service, injected, client, [Symbol.asyncDispose]: () => service.close() };
}

/** The faults due within 100 minutes of audio. */
function faultsOf(seed: number, kinds = FAULT_KINDS): FaultKind[] {
  const schedule = new FaultSchedule({ seed, perMinute: 2, kinds });
  const injected: FaultKind[] = [];
  for (let audioMs = 0; audioMs < 6_000_000; audioMs += 100) {
    while (schedule.untilNextMs <= 100) {
      injected.push((schedule.takeDue() ?? schedule.takeTerminateFault() ?? schedule.takeConnectFault()!).fault);
    }
    schedule.advance(100);
  }
  return injected;
}

describe('stream faults', () => {
  const endings: [FaultKind, number, boolean][] = [
    ['reset', 1006, false],
    ['close-1011', 1011, false],
    ['close-3005', 3005, true],
    ['close-silent', 1000, false],
    ['expire', 3008, true],
  ];

  it.each(endings)('%s: the session ends with %i and processes no later audio', async (fault, code, error) => {
    await using run = await runWithFaults({ atMs: AT_MS, fault });
    expect(await run.client.closed).toMatchObject({ code });
    expect(run.client.types.includes('Error')).toBe(error);
    expect(run.client.types).not.toContain('Termination');
    expect(run.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 32 * AT_MS });
    expect(run.injected).toEqual([{ type: 'fault', session: 0, fault, atMs: AT_MS }]);
  });

  it('error-open: sends an Error, then ignores the client and keeps the socket open', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'error-open' });
    await run.client.message('Error');
    run.client.send({ type: 'Terminate' });
    await run.client.ping();
    expect(run.client.types.at(-1)).toBe('Error');
    expect(run.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 32 * AT_MS });
  });

  it('stall: sends nothing more, not even a pong, and keeps the connection open', async () => {
    await using run = await runWithFaults({ atMs: 0, fault: 'stall' });
    const pong = run.client.ping().then(() => 'pong');
    const over = run.client.closed.then(() => 'closed');
    const timeout = new Promise((resolve) => {
      setTimeout(resolve, 300, 'nothing');
    });
    expect(await Promise.race([pong, over, timeout])).toBe('nothing');
    expect(run.client.types).toEqual(['Begin']);
    expect(run.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 0 });
  });

  it.each(['unknown-message', 'non-json', 'binary', 'warning'] as const)('%s: the session continues', async (fault) => {
    await using run = await runWithFaults({ atMs: AT_MS, fault });
    await run.client.finish();
    expect(run.client.transcript).toBe(recording.words.map(({ text }) => text).join(' '));
    const odd = run.client.raw.filter(
      (message) => typeof message !== 'string' || /^this|Weather|Warning/.test(message),
    );
    expect(odd).toHaveLength(1);
    expect(run.service.sessions[0]).toMatchObject({ endedBy: 'terminate', audioMs: 24_760 });
  });

  it('duplicate-final: sends the next final twice', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'duplicate-final' });
    await run.client.finish();
    expect(run.client.finals.map((turn) => turn['turn_order'])).toEqual([0, 1, 1, 2, 3, 4, 5, 6]);
  });

  it('empty-final: sends a final without words under its own number, between turns', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'empty-final' });
    await run.client.finish();
    expect(run.client.finals.map((turn) => turn['turn_order'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(run.client.finals[2]).toMatchObject({ transcript: '', words: [] });
  });

  it('several happen in order, each once, also at the same byte and across sessions', async () => {
    const script: Fault[] = [
      { atMs: 30_000, fault: 'reset' },
      { atMs: 2_000, fault: 'unknown-message' },
      { atMs: 2_000, fault: 'warning' },
    ];
    await using run = await runWithFaults(...script);
    await run.client.finish();
    const next = await new BareClient(run.service, { query: PRO }).opened();
    next.sendAudio(recording.pcm);
    expect(await next.closed).toMatchObject({ code: 1006 });
    expect(run.injected.map((event) => event.type === 'fault' && [event.session, event.fault, event.atMs])).toEqual([
      [0, 'unknown-message', 2000],
      [0, 'warning', 2000],
      [1, 'reset', 30_000 - 24_760],
    ]);
  });
});

describe('connect faults', () => {
  it('refuse-connect: responds HTTP 503, `count` times', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'refuse-connect', count: 2 }] });
    const attempts = [new BareClient(service), new BareClient(service)];
    await Promise.all(attempts.map(({ closed }) => closed));
    for (const { errors } of attempts) expect(errors).toEqual(['Unexpected server response: 503']);
    expect(service.sessions.map(({ endedBy }) => endedBy)).toEqual(['fault', 'fault']);
    await new BareClient(service).opened();
  });

  it('rate-limit: sends Error 1008 once', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'rate-limit' }] });
    const client = new BareClient(service);
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(client.received[0]!['error']).toBe('Unauthorized Connection: Too many concurrent sessions');
    await new BareClient(service).opened();
  });

  it('close-before-begin: opens the socket and closes it without a message', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'close-before-begin' }] });
    const client = new BareClient(service);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(client.received).toEqual([]);
  });

  it('slow-begin: sends Begin late once', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'slow-begin', ms: 300 }] });
    const startedAt = performance.now();
    await new BareClient(service).opened();
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  it('wait for the connection after their time', async () => {
    await using run = await runWithFaults(
      { atMs: AT_MS, fault: 'close-before-begin' },
      { atMs: AT_MS, fault: 'reset' },
    );
    await run.client.closed;
    expect(await new BareClient(run.service).closed).toMatchObject({ code: 1011 });
    await new BareClient(run.service).opened();
  });
});

describe('terminate faults', () => {
  it('no-termination: never answers Terminate', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'no-termination' });
    run.client.send({ type: 'Terminate' });
    await run.client.ping();
    expect(run.client.types).not.toContain('Termination');
    expect(run.service.sessions[0]!.endedBy).toBe('fault');
  });

  it('late-termination: sends the last final and Termination late', async () => {
    await using service = await start({ faults: [{ atMs: 1000, fault: 'late-termination', ms: 300 }] });
    const client = await new BareClient(service, { query: PRO }).opened();
    client.sendAudio(recording.pcm.subarray(0, 32 * 4000));
    const startedAt = performance.now();
    expect(await client.finish()).toMatchObject({ code: 1000 });
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(client.types.slice(-2)).toEqual(['Turn', 'Termination']);
    expect(client.transcript).toBe('Welcome to rxscribe. Your microphone becomes~');
  });

  it('close-without-termination: sends the last final, then closes with 1000', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'close-without-termination' });
    expect(await run.client.finish()).toMatchObject({ code: 1000 });
    expect(run.client.finals).toHaveLength(7);
    expect(run.client.types).not.toContain('Termination');
  });

  it('reset-after-terminate: the last final is lost', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'reset-after-terminate' });
    expect(await run.client.finish()).toMatchObject({ code: 1006 });
    expect(run.client.types).not.toContain('Termination');
  });
});

describe('poison', () => {
  const poison = { fault: 'poison', fromMs: 3000, toMs: 3400 } as const;

  it('ends every session that receives audio of the stretch, wherever it starts', async () => {
    await using run = await runWithFaults(poison);
    expect(await run.client.closed).toMatchObject({ code: 3005 });
    expect(run.service.sessions[0]!.audioMs).toBeLessThanOrEqual(3000);
    const again = await new BareClient(run.service, { query: PRO }).opened();
    again.sendAudio(recording.pcm.subarray(32 * 3200));
    expect(await again.closed).toMatchObject({ code: 3005 });
    const after = await new BareClient(run.service, { query: PRO }).opened();
    after.sendAudio(recording.pcm.subarray(32 * 3400));
    expect(await after.finish()).toMatchObject({ code: 1000 });
    expect(run.injected.map((event) => event.type === 'fault' && event.fault)).toEqual(['poison', 'poison']);
  });

  it('can end a session in another way', async () => {
    await using run = await runWithFaults({ ...poison, as: 'close-1011' });
    expect(await run.client.closed).toMatchObject({ code: 1011 });
  });

  it('needs a recording', async () => {
    await expect(start({ faults: [{ ...poison, recording: 1 }] })).rejects.toThrow('needs recording 1');
    await expect(start({ faults: [{ ...poison, toMs: 2999 }] })).rejects.toThrow(RangeError);
  });
});

describe('a refusal', () => {
  it('lasts for durationMs, with the given HTTP status', async () => {
    const fault = { atMs: 0, fault: 'refuse-connect', status: 404, durationMs: 500 } as const;
    await using service = await start({ faults: [fault] });
    const startedAt = performance.now();
    let refused = 0;
    for (;;) {
      const client = new BareClient(service);
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      if ((await Promise.race([client.closed, client.opened()])) === client) break;
      expect(client.errors).toEqual(['Unexpected server response: 404']);
      refused++;
    }
    expect(refused).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(450);
  });

  it('can follow a healthy session, with any code and text', async () => {
    const refusal = {
      atMs: AT_MS,
      fault: 'refuse-session',
      count: 2,
      closeCode: 1008,
      error: 'a sporadic error',
    } as const;
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'reset' }, refusal);
    await run.client.closed;
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = new BareClient(run.service);
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      expect(await refused.closed).toMatchObject({ code: 1008 });
      expect(refused.received).toEqual([{ type: 'Error', error_code: 1008, error: 'a sporadic error' }]);
    }
    await new BareClient(run.service).opened();
  });
});

describe('expire-at-once', () => {
  it('sends Begin with the present time, then Error 3008, `count` times', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'expire-at-once', count: 2 }] });
    for (let attempt = 0; attempt < 2; attempt++) {
      const client = new BareClient(service);
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      expect(await client.closed).toMatchObject({ code: 3008 });
      expect(client.types).toEqual(['Begin', 'Error']);
      expect(Math.abs(Number(client.received[0]!['expires_at']) - Date.now() / 1000)).toBeLessThan(60);
    }
    await new BareClient(service).opened();
  });
});

describe('deaf', () => {
  it('sends Heartbeat messages, and reads nothing more', async () => {
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'deaf' });
    run.client.send({ type: 'Terminate' });
    const pong = run.client.ping().then(() => 'pong');
    expect(await Promise.race([pong, run.client.message('Heartbeat').then(({ type }) => type)])).toBe('Heartbeat');
    expect(run.client.types).not.toContain('Termination');
    expect(run.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 32 * AT_MS });
  });
});

describe('odd-fields', () => {
  it('replaces, adds and removes fields of the next messages that have them', async () => {
    const replace = [
      { type: 'Turn', path: 'words.0.start', value: 'soon' },
      { type: 'Turn', path: 'words.0.end' },
      { type: 'Turn', path: 'extra', value: { nested: [1] } },
    ];
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'odd-fields', count: 2, replace });
    await run.client.finish();
    const odd = run.client.turns.filter((turn) => 'extra' in turn);
    expect(odd).toHaveLength(2);
    const words = odd[0]!['words'] as object[];
    expect(words[0]).toEqual({ start: 'soon', text: 'Your', confidence: expect.any(Number), word_is_final: false });
  });

  it('sends what a function returns, text as it is', async () => {
    const replace: MessageRewrite = ({ type }) => (type === 'Turn' ? '{"type":"Turn","turn_order":1e999}' : undefined);
    await using run = await runWithFaults({ atMs: AT_MS, fault: 'odd-fields', replace });
    await run.client.finish();
    expect(run.client.raw.filter((message) => message === '{"type":"Turn","turn_order":1e999}')).toHaveLength(1);
    expect(run.client.types.at(-1)).toBe('Termination');
  });
});

describe('random faults', () => {
  it('are the same for the same seed, and differ for another', () => {
    expect(faultsOf(1)).toEqual(faultsOf(1));
    expect(faultsOf(2)).not.toEqual(faultsOf(1));
  });

  it('occur at the given rate, and include all kinds', () => {
    const injected = faultsOf(3, ['warning', 'binary']);
    expect(injected.length).toBeGreaterThan(160);
    expect(injected.length).toBeLessThan(240);
    expect(new Set(faultsOf(3))).toEqual(new Set(FAULT_KINDS));
  });

  it('add a reset to each connect fault', () => {
    const injected = faultsOf(4, ['rate-limit']);
    expect(injected.filter((kind) => kind === 'reset')).toHaveLength(injected.length / 2);
  });
});

describe('a fault plan', () => {
  it('is refused if a kind or number is invalid', async () => {
    await expect(start({ faults: JSON.parse('[{ "atMs": 1, "fault": "flood" }]') })).rejects.toThrow(RangeError);
    await expect(start({ faults: JSON.parse('[{ "fault": "reset" }]') })).rejects.toThrow(RangeError);
    await expect(start({ faults: { seed: 1, perMinute: Number.NaN } })).rejects.toThrow(RangeError);
  });
});

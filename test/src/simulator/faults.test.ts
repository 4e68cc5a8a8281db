import { beforeAll, describe, expect, it } from '@jest/globals';
import { FaultSchedule } from '../../../src/simulator/faultSchedule.ts';
import {
  FAULT_KINDS,
  bundledRecording,
  type Fault,
  type FaultKind,
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

interface Broken extends AsyncDisposable {
  readonly service: Simulator;
  readonly struck: SimulatorEvent[];
  readonly client: BareClient;
}

/** A service with these faults, and a client that sent it the whole recording. */
async function strike(...faults: Fault[]): Promise<Broken> {
  const struck: SimulatorEvent[] = [];
  const service = await start({ faults, onEvent: (event) => event.type === 'fault' && struck.push(event) });
  const client = await new BareClient(service, { query: PRO }).opened();
  client.speak(recording.pcm);
  return { service, struck, client, [Symbol.asyncDispose]: () => service.close() };
}

/** What strikes within 100 minutes of audio. */
function strikesOf(seed: number, kinds = FAULT_KINDS): FaultKind[] {
  const schedule = new FaultSchedule({ seed, perMinute: 2, kinds });
  const struck: FaultKind[] = [];
  for (let heardMs = 0; heardMs < 6_000_000; heardMs += 100) {
    while (schedule.untilNextMs <= 100) {
      struck.push(schedule.strike() ?? schedule.atTerminate() ?? schedule.atConnect()!.fault);
    }
    schedule.advance(100);
  }
  return struck;
}

describe('faults of the stream', () => {
  const endings: [FaultKind, number, boolean][] = [
    ['reset', 1006, false],
    ['close-1011', 1011, false],
    ['close-3005', 3005, true],
    ['close-silent', 1000, false],
    ['expire', 3008, true],
  ];

  it.each(endings)('%s: the session ends with %i, and hears nothing beyond the point', async (fault, code, error) => {
    await using broken = await strike({ atMs: AT_MS, fault });
    expect(await broken.client.closed).toMatchObject({ code });
    expect(broken.client.types.includes('Error')).toBe(error);
    expect(broken.client.types).not.toContain('Termination');
    expect(broken.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 32 * AT_MS });
    expect(broken.struck).toEqual([{ type: 'fault', session: 0, fault, atMs: AT_MS }]);
  });

  it('error-open: an Error comes and the socket stays, deaf', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'error-open' });
    await broken.client.message('Error');
    broken.client.send({ type: 'Terminate' });
    await broken.client.ping();
    expect(broken.client.types.at(-1)).toBe('Error');
    expect(broken.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 32 * AT_MS });
  });

  it('stall: nothing comes any more, no pong either, and the connection stays', async () => {
    await using broken = await strike({ atMs: 0, fault: 'stall' });
    const pong = broken.client.ping().then(() => 'pong');
    const over = broken.client.closed.then(() => 'closed');
    const patience = new Promise((resolve) => {
      setTimeout(resolve, 300, 'nothing');
    });
    expect(await Promise.race([pong, over, patience])).toBe('nothing');
    expect(broken.client.types).toEqual(['Begin']);
    expect(broken.service.sessions[0]).toMatchObject({ endedBy: 'fault', audioBytes: 0 });
  });

  it.each(['unknown-message', 'non-json', 'binary', 'warning'] as const)('%s: the session goes on', async (fault) => {
    await using broken = await strike({ atMs: AT_MS, fault });
    await broken.client.finish();
    expect(broken.client.transcript).toBe(recording.words.map(({ text }) => text).join(' '));
    const odd = broken.client.raw.filter(
      (message) => typeof message !== 'string' || /^this|Weather|Warning/.test(message),
    );
    expect(odd).toHaveLength(1);
    expect(broken.service.sessions[0]).toMatchObject({ endedBy: 'terminate', audioMs: 24_760 });
  });

  it('duplicate-final: the next final comes twice', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'duplicate-final' });
    await broken.client.finish();
    expect(broken.client.finals.map((turn) => turn['turn_order'])).toEqual([0, 1, 1, 2, 3, 4, 5, 6]);
  });

  it('empty-final: a final without words takes a number of its own, between turns', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'empty-final' });
    await broken.client.finish();
    expect(broken.client.finals.map((turn) => turn['turn_order'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(broken.client.finals[2]).toMatchObject({ transcript: '', words: [] });
  });

  it('several strike in their order, at the same byte too, each once, over all sessions', async () => {
    const script: Fault[] = [
      { atMs: 30_000, fault: 'reset' },
      { atMs: 2_000, fault: 'unknown-message' },
      { atMs: 2_000, fault: 'warning' },
    ];
    await using broken = await strike(...script);
    await broken.client.finish();
    const next = await new BareClient(broken.service, { query: PRO }).opened();
    next.speak(recording.pcm);
    expect(await next.closed).toMatchObject({ code: 1006 });
    expect(broken.struck.map((event) => event.type === 'fault' && [event.session, event.fault, event.atMs])).toEqual([
      [0, 'unknown-message', 2000],
      [0, 'warning', 2000],
      [1, 'reset', 30_000 - 24_760],
    ]);
  });
});

describe('faults of the next connection', () => {
  it('refuse-connect: HTTP 503, as often as asked', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'refuse-connect', count: 2 }] });
    const attempts = [new BareClient(service), new BareClient(service)];
    await Promise.all(attempts.map(({ closed }) => closed));
    for (const { errors } of attempts) expect(errors).toEqual(['Unexpected server response: 503']);
    expect(service.sessions.map(({ endedBy }) => endedBy)).toEqual(['fault', 'fault']);
    await new BareClient(service).opened();
  });

  it('rate-limit: Error 1008, once', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'rate-limit' }] });
    const client = new BareClient(service);
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(client.received[0]!['error']).toBe('Unauthorized Connection: Too many concurrent sessions');
    await new BareClient(service).opened();
  });

  it('close-before-begin: the socket opens and closes without a word', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'close-before-begin' }] });
    const client = new BareClient(service);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(client.received).toEqual([]);
  });

  it('slow-begin: Begin comes late, once', async () => {
    await using service = await start({ faults: [{ atMs: 0, fault: 'slow-begin', ms: 300 }] });
    const client = new BareClient(service);
    await client.ready;
    const openedAt = performance.now();
    await client.opened();
    expect(performance.now() - openedAt).toBeGreaterThan(250);
  });

  it('wait for the connection that follows their moment', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'close-before-begin' }, { atMs: AT_MS, fault: 'reset' });
    await broken.client.closed;
    expect(await new BareClient(broken.service).closed).toMatchObject({ code: 1011 });
    await new BareClient(broken.service).opened();
  });
});

describe('faults at Terminate', () => {
  it('no-termination: Terminate is never answered', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'no-termination' });
    broken.client.send({ type: 'Terminate' });
    await broken.client.ping();
    expect(broken.client.types).not.toContain('Termination');
    expect(broken.service.sessions[0]!.endedBy).toBe('fault');
  });

  it('reset-after-terminate: the last final is lost', async () => {
    await using broken = await strike({ atMs: AT_MS, fault: 'reset-after-terminate' });
    expect(await broken.client.finish()).toMatchObject({ code: 1006 });
    expect(broken.client.types).not.toContain('Termination');
  });
});

describe('random faults', () => {
  it('are the same for the same seed, others for another', () => {
    expect(strikesOf(1)).toEqual(strikesOf(1));
    expect(strikesOf(2)).not.toEqual(strikesOf(1));
  });

  it('come at the rate asked for, of all kinds', () => {
    const struck = strikesOf(3, ['warning', 'binary']);
    expect(struck.length).toBeGreaterThan(160);
    expect(struck.length).toBeLessThan(240);
    expect(new Set(strikesOf(3))).toEqual(new Set(FAULT_KINDS));
  });

  it('of the next connection come with a reset', () => {
    const struck = strikesOf(4, ['rate-limit']);
    expect(struck.filter((kind) => kind === 'reset')).toHaveLength(struck.length / 2);
  });
});

describe('a fault plan', () => {
  it('is refused when it names what does not exist', async () => {
    await expect(start({ faults: JSON.parse('[{ "atMs": 1, "fault": "flood" }]') })).rejects.toThrow(RangeError);
    await expect(start({ faults: JSON.parse('[{ "fault": "reset" }]') })).rejects.toThrow(RangeError);
    await expect(start({ faults: { seed: 1, perMinute: Number.NaN } })).rejects.toThrow(RangeError);
  });
});

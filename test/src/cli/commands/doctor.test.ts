import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../../src/cli/checks/runChecks.ts';
import { key, node } from '../../../../src/cli/checks/runChecks.ts';
import { clock } from '../../../../src/cli/checks/checkService.ts';
import { levelOf, meter } from '../../../../src/cli/terminal/level.ts';
import { killAll, rxscribe } from '../../../support/cli.ts';
import { PULSE_DEVICE, startPulse, pulseSkipReason } from '../../../support/pulse.ts';
import { WAV, keyOf, startService } from '../service.ts';

const skipped = await pulseSkipReason();
if (skipped) process.stderr.write(`skipping the test of rxscribe doctor with a device: ${skipped}\n`);
const itWithPulse = skipped ? it.skip : it;

const findings = async (url: string, env: NodeJS.ProcessEnv): Promise<Map<string, Finding>> => {
  const { stdout } = await rxscribe(['doctor', '--json', '--url', url], { env });
  return new Map((JSON.parse(stdout) as Finding[]).map((finding) => [finding.check, finding]));
};

describe('rxscribe doctor', () => {
  afterEach(killAll);

  itWithPulse('ends with 0 where nothing is wrong, opens no session, and shows no key', async () => {
    const service = await startService();
    const pulse = await startPulse();
    const played = pulse.play(WAV).catch(() => undefined);
    const env = { ...pulse.env, ...keyOf(service) };
    const { code, stdout } = await rxscribe(['doctor', '--url', service.url], { env });
    await Promise.all([pulse.close(), service.close(), played]);

    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^ok Node: \d/),
      expect.stringMatching(/^ok addon: decibri/),
      `ok devices: 1 to record from, the default is ${PULSE_DEVICE}`,
      expect.stringMatching(/^ok level: -\d+ dBFS/),
      'ok key: ASSEMBLYAI_API_KEY is set and well-formed',
      expect.stringMatching(/^ok service: localhost:\d+ answers, its certificate is good$/),
      'ok clock: agrees with the service',
      '',
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(service.apiKey);
    expect({ sessions: service.sessions, violations: service.violations }).toEqual({ sessions: [], violations: [] });
  });

  it('says what to do about a service it does not trust', async () => {
    const service = await startService();
    const { code, stdout } = await rxscribe(['doctor', '--url', service.url], { env: { NODE_EXTRA_CA_CERTS: '' } });
    await service.close();

    expect(code).toBe(1);
    expect(stdout).toMatch(/^not ok key: ASSEMBLYAI_API_KEY is not set; set it in the environment/m);
    expect(stdout).toMatch(/^not ok service: localhost:\d+ is out of reach, \w+; set NODE_EXTRA_CA_CERTS/m);
    expect(stdout).not.toContain('clock');
  });

  it('says what to do about a host that refuses, or never answers, in time', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    mute.on('connection', (socket) => socket.on('error', () => undefined).resume());
    const silent = await findings(`wss://127.0.0.1:${port}`, {});
    await new Promise((closed) => mute.close(closed));
    const refused = await findings(`wss://127.0.0.1:${port}`, {});

    expect(silent.get('service')).toMatchObject({ ok: false, found: expect.stringMatching(/ETIMEDOUT/) });
    expect(refused.get('service')).toMatchObject({
      ok: false,
      advice: expect.stringMatching(/nothing listens there/),
    });
  });

  it('refuses an address that is none', async () => {
    expect(await rxscribe(['doctor', '--url', 'http://x'])).toMatchObject({ code: 2 });
  });
});

describe('a check', () => {
  it('knows keys that can not be right, and never shows them', () => {
    const wrong = ['', 'Bearer 0123456789abcdef', '"0123456789abcdef"', 'my-key', '0123456789abcdef–ü'];

    expect(wrong.map((text) => key(text).ok)).toEqual(wrong.map(() => false));
    expect(wrong.slice(1).map((text) => JSON.stringify(key(text)).includes(text))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(key(' 0123456789abcdef0123456789abcdef\n')).toMatchObject({ ok: true });
  });

  it('knows versions of Node that are too old', () => {
    expect(['18.20.0', '20.18.9', '20.19.0', '22.1.0'].map((version) => node(version).ok)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('knows a clock that is off', () => {
    expect(clock(-900)).toMatchObject({ ok: true });
    expect(clock(-90_000)).toMatchObject({ ok: false, found: '90 s behind the service' });
    expect(clock(90_000)).toMatchObject({ ok: false, found: '90 s ahead of the service' });
  });
});

describe('the level of a chunk', () => {
  const square = (amplitude: number): Uint8Array => new Uint8Array(new Int16Array(1600).fill(amplitude).buffer);

  it('is its root mean square in dBFS', () => {
    expect(levelOf(square(-32_768))).toBe(0);
    expect(levelOf(square(3277))).toBeCloseTo(-20, 1);
    expect(levelOf(square(0))).toBe(-96);
    expect(levelOf(new Uint8Array(0))).toBe(-96);
  });

  it('is shown as a bar', () => {
    expect([meter(0, 6), meter(-30, 6), meter(-96, 6), meter(3, 6)]).toEqual(['██████', '███░░░', '░░░░░░', '██████']);
  });
});

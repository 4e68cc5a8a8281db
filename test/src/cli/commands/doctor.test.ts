import { once } from 'node:events';
import { createServer as createProxy } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../../src/cli/checks/finding.ts';
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

  itWithPulse('exits with 0 if all is ok, opens no session and prints no key', async () => {
    const service = await startService();
    const pulse = await startPulse();
    const played = pulse.play(WAV).catch(() => undefined);
    const env = { ...pulse.env, ...keyOf(service) };
    const { code, stdout } = await rxscribe(['doctor', '--url', service.url], { env });
    await played;
    await pulse.control('set-default-source', 'speaker.monitor');
    const monitored = await findings(service.url, env);
    await Promise.all([pulse.close(), service.close()]);

    expect(monitored.get('level')).toMatchObject({
      ok: false,
      found: 'the default is no microphone: Monitor of Null Output records what this machine plays',
    });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^ok {5}Node: {4}\d/),
      expect.stringMatching(/^ok {5}addon: {3}decibri/),
      `ok     devices: 3 to record from, the default is ${PULSE_DEVICE}`,
      expect.stringMatching(new RegExp(`^ok {5}level: {3}-\\d+ dBFS at the loudest, recorded from ${PULSE_DEVICE}$`)),
      'ok     key:     ASSEMBLYAI_API_KEY is set and well-formed',
      expect.stringMatching(/^ok {5}service: localhost:\d+ is reachable, its certificate is valid$/),
      'ok     clock:   agrees with the service',
      'all 7 checks passed',
      '',
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(service.apiKey);
    expect({ sessions: service.sessions, violations: service.violations }).toEqual({ sessions: [], violations: [] });
  });

  it('gives advice about an untrusted certificate', async () => {
    const service = await startService();
    const { code, stdout } = await rxscribe(['doctor', '--url', service.url], { env: { NODE_EXTRA_CA_CERTS: '' } });
    const devices = await rxscribe(['devices', '--json']);
    await service.close();

    expect(code).toBe(1);
    expect(stdout).toMatch(/^not ok key: {5}ASSEMBLYAI_API_KEY is not set; set it in the environment/m);
    expect(stdout).toMatch(/^not ok service: localhost:\d+ cannot be reached: \w+; set NODE_EXTRA_CA_CERTS/m);
    expect(stdout).not.toContain('clock');
    // ALSA's null device and others that cannot be opened are no microphones
    if (devices.stdout === '[]\n') expect(stdout).toMatch(/^not ok devices: no input device/m);
  });

  it('gives advice about a host that refuses or does not respond, in time', async () => {
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

  it('connects through the proxy of the environment, as a transcription does', async () => {
    const service = await startService();
    let status = 200;
    const proxy = createProxy().listen(0, '127.0.0.1');
    proxy.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
      socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
      const tunnel = connect(Number(url.split(':')[1]), '127.0.0.1');
      for (const end of [socket, tunnel]) end.on('error', () => undefined);
      if (status === 200) tunnel.pipe(socket).pipe(tunnel);
      else socket.end(() => tunnel.destroy());
    });
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const env = { ...keyOf(service), HTTPS_PROXY: `http://user:secret@127.0.0.1:${port}`, NO_PROXY: '' };
    const through = await findings(service.url, env);
    status = 407;
    const refused = await findings(service.url, env);
    proxy.close();
    await service.close();

    expect(through.get('service')).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^localhost:\d+ is reachable through the proxy http:\/\/127.0.0.1:\d+, its/),
    });
    expect(refused.get('service')).toMatchObject({
      ok: false,
      found: expect.stringMatching(
        /^localhost:\d+ cannot be reached through the proxy .*: the proxy answered HTTP 407$/,
      ),
    });
  });

  it('rejects an invalid address', async () => {
    expect(await rxscribe(['doctor', '--url', 'http://x'])).toMatchObject({ code: 2 });
  });
});

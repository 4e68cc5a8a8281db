import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { NatsAccounts } from '../../../support/natsAccounts.ts';
import { NatsServers } from '../../../support/natsServers.ts';
import { pulseSkipReason, startPulse } from '../../../support/pulse.ts';
import { documentedPermissions } from '../../rooms/documentedPermissions.ts';
import { WAV, keyOf, startService } from '../service.ts';

/** The first two sentences of the bundled recording, 7.3 s. */
const SENTENCES = ['Welcome to rxscribe.', 'Your microphone becomes text, word by word, while you speak.'];
const TALK_BYTES = 44 + 7300 * 32;

const skipped = await pulseSkipReason();
const itWithPulse = skipped ? it.skip : it;

describe('rxscribe rooms', () => {
  let servers: NatsServers;
  let service: Simulator;
  let dir: string;
  let talk: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-rooms-'));
    talk = join(dir, 'talk.wav');
    await writeFile(talk, (await readFile(WAV)).subarray(0, TALK_BYTES));
    servers = await NatsServers.start();
    service = await startService({ keepAudio: false });
    env = { ...keyOf(service), RXSCRIBE_NATS: servers.addresses[0] };
  });

  afterAll(async () => {
    await killAll();
    await servers[Symbol.asyncDispose]();
    await service.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('publishes, transcribes and shows a room', async () => {
    expect(await rxscribe(['rooms', 'list'], { env })).toMatchObject({
      code: 1,
      stderr: 'rxscribe: this server is not set up for rooms; run rxscribe rooms setup, or call setUpRooms()\n',
    });
    expect(await rxscribe(['rooms', 'setup', '--max-rooms', '10'], { env })).toMatchObject({ code: 0, stdout: '' });
    const worker = start(['rooms', 'work', '--url', service.url, '--name', 'first'], { env });
    const srt = join(dir, 'hall.srt');
    const early = start(['rooms', 'watch', 'hall-1', '-o', srt, '--captions', '0'], { env });
    const [, page = ''] = await early.stderr.waitFor(/captions at (\S+)\n/);
    const other = await fetch(`${page}r/hall-1`); // a viewer of the page of another room
    expect({ status: other.status, url: other.url }).toEqual({ status: 200, url: `${page}r/hall-1/` });
    await other.text();
    const stream = await fetch(`${page}r/hall-1/events`);
    const published = await rxscribe(['rooms', 'publish', 'hall-1', talk, '--speed', '4'], { env });
    expect(published).toMatchObject({ code: 0, stdout: '' });
    expect(published.stderr).toContain('room hall-1: ended at ');

    await early.stderr.waitFor(/room hall-1 is done/);
    early.child.kill('SIGINT');
    expect(await early.outcome).toMatchObject({ code: 0, stdout: `${SENTENCES.join('\n')}\n` });
    expect(await readFile(srt, 'utf8')).toContain('word by word, while you speak.');
    expect(await stream.text()).toContain('speak.');
    expect((await fetch(page).catch(() => undefined))?.status).toBeUndefined();

    const late = await rxscribe(['rooms', 'watch', 'hall-1'], { env });
    expect(late).toMatchObject({ code: 0, stdout: `${SENTENCES.join('\n')}\n`, stderr: '' });
    const list = await rxscribe(['rooms', 'list'], { env });
    expect(list.stdout).toMatch(/^hall-1\tdone\t\d+\.\d s\t0\.0 s in gaps\ttaken 1x\tfirst\n$/);
    const again = await rxscribe(['rooms', 'publish', 'hall-1', talk], { env });
    expect(again.stderr).toContain('room hall-1 has ended; choose a name that was not used before');
    expect(again.code).toBe(1);
    worker.child.kill('SIGTERM');
    expect(await worker.outcome).toMatchObject({ code: 0, signal: null });
  });

  it('leaves a room open at SIGTERM, so that the next process continues it', async () => {
    const first = start(['rooms', 'publish', 'hall-2', WAV], { env });
    await first.stderr.waitFor(/publishing/);
    first.child.kill('SIGTERM');
    const { code, stderr } = await first.outcome;
    expect(stderr).toContain('left open at');
    expect(code).toBe(0);
    const second = await rxscribe(['rooms', 'publish', 'hall-2', WAV, '--speed', 'max'], { env });
    expect(second.stderr).toContain('room hall-2: ended at');
  });

  it('ends a room whose edge does not come back', async () => {
    const edge = start(['rooms', 'publish', 'hall-4', '-'], { env });
    edge.child.stdin.write(Buffer.alloc(64_000));
    await untilListed(/hall-4/);
    edge.child.kill('SIGKILL'); // nothing says any more how long its audio is
    await edge.outcome;
    const worker = start(['rooms', 'work', '--url', service.url], { env });
    expect(await rxscribe(['rooms', 'end', 'hall-4'], { env })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await rxscribe(['rooms', 'watch', 'hall-4'], { env })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const again = await rxscribe(['rooms', 'publish', 'hall-4', talk], { env });
    expect(again.stderr).toContain('room hall-4 has ended');
    expect(await rxscribe(['rooms', 'end', 'nowhere'], { env })).toMatchObject({
      code: 1,
      stderr: 'rxscribe: room nowhere has no audio\n',
    });
    worker.child.kill('SIGTERM');
    expect(await worker.outcome).toMatchObject({ code: 0 });
  });

  async function untilListed(pattern: RegExp): Promise<void> {
    const { stdout } = await rxscribe(['rooms', 'list'], { env });
    if (!pattern.test(stdout)) await untilListed(pattern);
  }

  itWithPulse('publishes the microphone until Ctrl-C', async () => {
    const pulse = await startPulse();
    const worker = start(['rooms', 'work', '--url', service.url], { env });
    const edge = start(['rooms', 'publish', 'desk'], { env: { ...pulse.env, ...env } });
    const viewer = start(['rooms', 'watch', 'desk', '--format', 'ndjson'], { env });
    await edge.stderr.waitFor(/listening|Listening|publishing/);
    await pulse.play(talk);
    await viewer.stdout.waitFor(/"isFinal":true/);
    edge.child.kill('SIGINT');
    const { code, stderr } = await edge.outcome;
    expect(stderr).toMatch(/room desk: ended at \d+\.\d s\n$/);
    expect(code).toBe(0);
    expect(await viewer.outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('"type":"Stats"') });
    worker.child.kill('SIGTERM');
    await worker.outcome;
    await pulse.close();
  });

  it('gives each part of a room what its credentials permit, and shows no other room', async () => {
    const accounts = new NatsAccounts();
    await using server = await NatsServers.start(1, accounts.config);
    const address = server.addresses[0]!;
    const users = new Map<string, string[]>();
    for (const user of ['admin', 'edge-hall-1', 'worker', 'viewer-hall-1']) {
      const path = join(dir, `${user}.creds`);
      await writeFile(path, accounts.credentials(documentedPermissions.get(user)));
      users.set(user, ['--nats', address, '--creds', path, '--inbox-prefix', `_INBOX_${user}`]);
    }
    const as = (user: string): string[] => users.get(user)!;
    expect(await rxscribe(['rooms', 'setup', ...as('admin')], { env })).toMatchObject({ code: 0 });
    const worker = start(['rooms', 'work', '--url', service.url, ...as('worker')], { env });
    const viewer = start(['rooms', 'watch', 'hall-1', '--captions', '0', ...as('viewer-hall-1')], { env });
    const [, page = ''] = await viewer.stderr.waitFor(/captions at (\S+)\n/);
    const [own, other] = [await fetch(`${page}r/hall-1/events`), await fetch(`${page}r/hall-2/events`)];
    expect(
      await rxscribe(['rooms', 'publish', 'hall-1', talk, '--speed', '4', ...as('edge-hall-1')], { env }),
    ).toMatchObject({ code: 0 });
    await viewer.stderr.waitFor(/room hall-1 is done/);
    viewer.child.kill('SIGINT');
    expect(await viewer.outcome).toMatchObject({ code: 0, stdout: `${SENTENCES.join('\n')}\n` });
    expect(await own.text()).toContain('you speak');
    const refused = await other.text();
    expect(refused).toContain('interrupted');
    expect(refused).not.toContain('you speak');
    worker.child.kill('SIGTERM');
    expect(await worker.outcome).toMatchObject({ code: 0 });

    const refusals: [string[], RegExp][] = [
      [['watch', 'hall-2', ...as('viewer-hall-1')], /^rxscribe: this user of NATS may not \w+ to \S*hall-2\n$/],
      [['list', ...as('viewer-hall-1')], /^rxscribe: this user of NATS may not publish to \S+\n$/],
      [
        ['publish', 'hall-2', talk, ...as('edge-hall-1')],
        /^rxscribe: this user of NATS may not publish to \S+hall-2\n$/,
      ],
      [['list', '--nats', address], /^rxscribe: cannot connect to NATS at \S+: .*uthorization.*\n$/],
    ];
    for (const [args, line] of refusals) {
      const { code, stderr } = await rxscribe(['rooms', ...args], { env });
      expect(stderr).toMatch(line);
      expect(code).toBe(1);
    }
    const missing = await rxscribe(['rooms', 'list', '--creds', join(dir, 'none.creds')], { env });
    expect(missing.stderr).toMatch(/^rxscribe: --creds: cannot read \S+none\.creds: .*\n$/);
    const wrong = await rxscribe(['rooms', 'list', '--nats', address, '--creds', talk], { env });
    expect(wrong.stderr).toMatch(/^rxscribe: .*credentials.*\n$/);
    expect([missing.code, wrong.code]).toEqual([2, 1]);
  });

  it('shows in a demo that nothing is missing when a worker is killed', async () => {
    await using server = await NatsServers.start();
    const { code, stderr } = await rxscribe(['rooms', 'demo', '--rooms', '3', '--nats', server.addresses[0]!]);
    expect(stderr).toMatch(/kills worker-[abc] with \d rooms \(SIGKILL\)/);
    expect(stderr).toMatch(/(\d+) of \1 words right, in their place, once; 0 missing, wrong or repeated\n$/);
    expect(code).toBe(0);
  });

  it('reports mistakes in one line', async () => {
    const refusals: [string[], string][] = [
      [['rooms'], 'rooms needs one of setup, publish, work, watch, end, list and demo; see rxscribe rooms --help'],
      [['rooms', 'publish'], 'the name of the room is missing'],
      [['rooms', 'watch', 'a.b'], 'a room must be named by 1 to 64 letters, digits, - and _, not "a.b"'],
      [['rooms', 'setup', '--max-rooms', '0'], 'maxRooms must be a whole number from 1 to 1000000, not 0'],
      [['rooms', 'work', '--slots', '0'], 'slots must be a whole number from 1 to 10000, not 0'],
    ];
    for (const [args, line] of refusals) {
      expect(await rxscribe(args, { env })).toMatchObject({ code: 2, stdout: '', stderr: `rxscribe: ${line}\n` });
    }
    const secret = 'nats://me:hunter2@127.0.0.1:9';
    const refused = await rxscribe(['rooms', 'list', '--nats', secret]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^rxscribe: cannot connect to NATS at nats:\/\/127\.0\.0\.1:9: .*; start one with nats-server -js.*\n$/,
    );
    expect(refused.stderr).not.toContain('hunter2');
    expect(await rxscribe(['rooms', 'setup', '--replicas', '3'], { env })).toMatchObject({
      code: 2,
      stderr: 'rxscribe: replicas are 1 here and cannot be changed to 3; omit them to keep them\n',
    });
  });

  it('ends if a server accepts the connection and never answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;

    expect(await rxscribe(['rooms', 'list', '--nats', address])).toMatchObject({
      code: 1,
      stderr: `rxscribe: cannot connect to NATS at ${address}: no answer in 5 s\n`,
    });
    server.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { NatsServers } from '../../../support/natsServers.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

describe('rxscribe rooms', () => {
  let servers: NatsServers;
  let service: Simulator;
  let dir: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-rooms-'));
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
    const published = await rxscribe(['rooms', 'publish', 'hall-1', WAV, '--speed', '4'], { env });
    expect(published).toMatchObject({ code: 0, stdout: '' });
    expect(published.stderr).toContain('room hall-1: ended at ');

    await early.stderr.waitFor(/room hall-1 is done/);
    early.child.kill('SIGINT');
    const expected = await sentences();
    expect(await early.outcome).toMatchObject({ code: 0, stdout: `${expected.join('\n')}\n` });
    expect(await readFile(srt, 'utf8')).toContain(expected.at(-1));
    expect(await stream.text()).toContain(expected.at(-1)!.split(' ').at(-1)!);
    expect((await fetch(page).catch(() => undefined))?.status).toBeUndefined();

    const late = await rxscribe(['rooms', 'watch', 'hall-1'], { env });
    expect(late).toMatchObject({ code: 0, stdout: `${expected.join('\n')}\n`, stderr: '' });
    const list = await rxscribe(['rooms', 'list'], { env });
    expect(list.stdout).toMatch(/^hall-1\tdone\t\d+\.\d s\t0\.0 s in gaps\ttaken 1x\tfirst\n$/);
    const again = await rxscribe(['rooms', 'publish', 'hall-1', WAV], { env });
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
  });
});

import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { logOf } from '../../../support/runFolder.ts';
import { speechModel } from '../../../support/speechModel.ts';
import { WAV } from '../service.ts';

let parent: string;
let model: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rxscribe-local-run-'));
  model = await speechModel();
});

afterEach(killAll);

afterAll(() => rm(parent, { recursive: true, force: true }));

it('rxscribe resume continues a run on this device, without a key', async () => {
  const dir = join(parent, 'run');
  const program = start(['file', WAV, '--local', model, '--speed', '2', '--dir', dir]);
  await program.stdout.waitFor(/\n/);
  program.child.kill('SIGKILL');
  await program.outcome;
  expect(await rxscribe(['resume', dir])).toMatchObject({ code: 0 });

  const events = await logOf(dir);
  const finals = events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event] : []));
  expect(finals.length).toBeGreaterThan(2);
  expect(finals.map(({ turn_order }) => turn_order)).toEqual(finals.map((_, index) => index));
  const text = finals.map(({ transcript }) => `${transcript}\n`).join('');
  expect(await readFile(join(dir, 'transcript.txt'), 'utf8')).toBe(text);
  expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  const { capturedMs, transcribedMs } = events.at(-1) as { capturedMs: number; transcribedMs: number };
  expect(transcribedMs).toBe(capturedMs);
});

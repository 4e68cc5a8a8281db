import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TranscriptionEvent } from 'rxscribe/operators';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { logOf } from '../../../support/runFolder.ts';
import { speechModel } from '../../../support/speechModel.ts';
import { wordErrors, wordsOf } from '../../../support/wordErrors.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

let parent: string;
let model: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rxscribe-local-run-'));
  model = await speechModel();
});

afterEach(killAll);

afterAll(() => rm(parent, { recursive: true, force: true }));

/** Every turn once, in the text too, and no audio lost. */
async function expectUnbroken(dir: string): Promise<TranscriptionEvent[]> {
  const events = await logOf(dir);
  const finals = events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event] : []));
  expect(finals.length).toBeGreaterThan(2);
  expect(finals.map(({ turn_order }) => turn_order)).toEqual(finals.map((_, index) => index));
  const text = finals.map(({ transcript }) => `${transcript}\n`).join('');
  expect(await readFile(join(dir, 'transcript.txt'), 'utf8')).toBe(text);
  const reference = (await sentences()).join(' ');
  expect(wordErrors(reference, text) / wordsOf(reference).length).toBeLessThanOrEqual(0.25);
  expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  const { capturedMs, transcribedMs } = events.at(-1) as { capturedMs: number; transcribedMs: number };
  expect(transcribedMs).toBe(capturedMs);
  return events;
}

it('rxscribe resume continues a run on this device, without a key, in another directory', async () => {
  const dir = join(parent, 'run');
  const args = ['file', WAV, '--local', basename(model), '--speed', '2', '--dir', dir];
  const program = start(args, { cwd: dirname(model) });
  await program.stdout.waitFor(/\n/);
  program.child.kill('SIGKILL');
  await program.outcome;
  expect(await rxscribe(['resume', dir])).toMatchObject({ code: 0 });

  await expectUnbroken(dir);
});

it('rxscribe resume continues a run on this device while the service is still out of reach', async () => {
  const dir = join(parent, 'fallback');
  const service = await startService();
  const env = keyOf(service);
  const args = ['file', WAV, '--fallback', model, '--url', service.url, '--speed', '4', '--dir', dir];
  const program = start([...args, '--format', 'ndjson'], { env });
  await program.stdout.waitFor(/"isFinal":true/);
  await service.close();
  await program.stdout.waitFor(/"runsOn":"device"/);
  program.child.kill('SIGKILL');
  await program.outcome;
  expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });

  const events = await expectUnbroken(dir);
  const sides = events.flatMap((event) => (event.type === 'Begin' ? [event.runsOn] : []));
  expect(sides.slice(0, 2)).toEqual(['service', 'device']);
  expect(sides.slice(2)).not.toContain('service');
});

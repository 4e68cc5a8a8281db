import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Simulator } from '../../../src/simulator/index.ts';
import { killAll, rxscribe } from '../../support/cli.ts';
import { WAV, keyOf, sentences, startService } from './service.ts';

describe('settings', () => {
  let service: Simulator;
  let cwd: string;

  beforeEach(async () => {
    service = await startService();
    cwd = await mkdtemp(join(tmpdir(), 'rxscribe-settings-'));
  });

  afterEach(async () => {
    await killAll();
    await service.close();
    await rm(cwd, { recursive: true });
  });

  it('come from the environment, ignoring those of other commands', async () => {
    const env = {
      RXSCRIBE_URL: service.url,
      RXSCRIBE_SPEED: 'max',
      RXSCRIBE_SPEAKER_LABELS: '1',
      RXSCRIBE_DEVICE: '7',
    };
    const outcome = await rxscribe(['file', WAV], { env: { ...env, ...keyOf(service), RXSCRIBE_FORMAT: 'ndjson' } });

    expect(outcome).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^\{"type":"Begin"/) });
    expect(service.sessions[0]!.params).toMatchObject({ speaker_labels: 'true' });
  });

  it('come from .env; the environment overrides it, and arguments override both', async () => {
    const lines = [
      `ASSEMBLYAI_API_KEY=${service.apiKey}`,
      `RXSCRIBE_URL=${service.url}`,
      'RXSCRIBE_SPEED=max',
      'RXSCRIBE_FORMAT=ndjson',
      'RXSCRIBE_SPEECH_MODEL=universal-streaming-english',
    ];
    await writeFile(join(cwd, '.env'), lines.join('\n'));
    const env = { RXSCRIBE_SPEECH_MODEL: 'universal-3-6', RXSCRIBE_FORMAT: 'ndjson' };
    const outcome = await rxscribe(['file', WAV, '--format', 'text'], { env, cwd });

    expect(outcome).toMatchObject({ code: 0, stderr: '', stdout: `${(await sentences()).join('\n')}\n` });
    expect(service.sessions[0]!.params).toMatchObject({ speech_model: 'universal-3-6' });
  });

  it('from .env stay within the program: other variables are ignored', async () => {
    const lines = [`ASSEMBLYAI_API_KEY=${service.apiKey}`, `RXSCRIBE_URL=${service.url}`, 'RXSCRIBE_SPEED=max'];
    await writeFile(join(cwd, '.env'), [...lines, 'NODE_TLS_REJECT_UNAUTHORIZED=0'].join('\n'));
    const outcome = await rxscribe(['file', WAV], { env: { NODE_EXTRA_CA_CERTS: '' }, cwd });

    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/certificate/) });
  });

  it('from .env do not send the key of the environment to another address', async () => {
    await writeFile(join(cwd, '.env'), `ASSEMBLYAI_API_KEY=x\nRXSCRIBE_URL=${service.url}\nRXSCRIBE_FORCE=1`);
    const outcome = await rxscribe(['file', WAV, '--format', 'xml'], { env: keyOf(service), cwd });

    expect(outcome.stderr).toMatch(/^rxscribe: ignoring RXSCRIBE_URL, RXSCRIBE_FORCE of \.env, because the key is not/);
    expect(service.sessions).toEqual([]);
  });

  it('are reported under the name of their option if invalid', async () => {
    const outcome = await rxscribe(['file', WAV], { env: { ...keyOf(service), RXSCRIBE_SPEED: 'fast' } });

    expect(outcome).toMatchObject({ code: 2, stderr: 'rxscribe: --speed must be a number, not "fast"\n' });
  });
});

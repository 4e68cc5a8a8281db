import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import type { Program } from '../../../support/cli.ts';
import { httpRequest, openViewer } from '../../page/viewer.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

/** The address of the page that the command prints. */
async function pageOf(program: Program): Promise<string> {
  const [, url = ''] = await program.stderr.waitFor(/^rxscribe: captions at (http:\S+)$/m);
  return url;
}

describe('--captions', () => {
  afterEach(killAll);

  it('shows the demo with its speakers and stays open until Ctrl-C', async () => {
    const names = ['--captions-names', 'A=Anna,B = Ben', '--captions-embed', 'https://example.com'];
    const program = start(['demo', '--captions', '0', '--speed', 'max', ...names]);
    const url = await pageOf(program);
    const viewer = await openViewer(url);
    await viewer.sees(({ turns }) => turns.length === 7);
    await program.stderr.waitFor(/the captions page stays open until Ctrl-C/);
    const late = await openViewer(url);
    await late.sees(({ status }) => status === 'ended');
    const setup = await httpRequest(`${url}setup`);
    const file = await httpRequest(`${url}transcript.txt`);
    const { headers } = await httpRequest(url);
    program.child.kill('SIGINT');
    const { code, stderr } = await program.outcome;
    await viewer.end();

    const shown = late.shown.turns.flatMap(({ parts }) => parts);
    expect(shown.map(({ text }) => text)).toEqual(await sentences());
    expect(shown.map(({ speaker }) => speaker).join('')).toBe('AABABAA'); // the service corrects the first ones at the end
    expect(viewer.shown).toEqual(late.shown);
    expect(late.shown.speakerNames).toEqual({ A: 'Anna', B: 'Ben' });
    expect(file.body).toContain('Ben: And when nobody says anything?\n');
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'self' https:\/\/example\.com$/);
    expect(setup.status).toBe(200);
    expect(stderr).toMatch(
      /^rxscribe: choose their style, name speakers and get the URL for OBS at http:\S+\/setup#operator=[\w-]{22}$/m,
    );
    expect(stderr).toMatch(/received 24\.8 s/);
    expect(code).toBe(0);
  });

  it('closes when Ctrl-C ends the run, after showing the last words', async () => {
    const service = await startService();
    const args = ['file', '--captions', WAV, '--url', service.url];
    const program = start(args, {
      env: { ...keyOf(service), RXSCRIBE_CAPTIONS: 'no', RXSCRIBE_CAPTIONS_HOST: '127.0.0.1' },
    });
    const url = await pageOf(program);
    const viewer = await openViewer(url);
    await viewer.sees(({ partial }) => partial !== undefined);
    program.child.kill('SIGINT');
    const { code, stdout, stderr } = await program.outcome;
    await viewer.end();
    await service.close();

    expect(viewer.shown).toMatchObject({ partial: undefined, status: 'ended' });
    expect(viewer.lines.join('\n')).toBe(stdout.trimEnd());
    expect(stderr).not.toContain('stays open');
    expect(new URL(url).port).toBe('4747');
    expect(code).toBe(0);
  });

  it('puts a secret, which can be set, into the URL for other machines and prints it nowhere else', async () => {
    const service = await startService();
    const secret = 'same-for-many-runs-01234';
    const env = { ...keyOf(service), RXSCRIBE_CAPTIONS: '0', RXSCRIBE_CAPTIONS_SECRET: secret };
    const program = start(['file', WAV, '--captions-host', '127.0.0.1', '--url', service.url, '--verbose'], { env });
    const url = await pageOf(program);
    const answers = await Promise.all([url, new URL('/', url).href].map((page) => httpRequest(page)));
    program.child.kill('SIGINT');
    const { stdout, stderr } = await program.outcome;
    await service.close();

    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    expect(url).toContain(`/${secret}/`);
    expect(stdout).not.toContain(secret);
    expect(stderr.replaceAll(url, '')).not.toContain(secret);
    expect(stderr).not.toContain('█'); // no QR code without a terminal
  });

  it('fails with one line if its port is taken, before anything is sent', async () => {
    const [service, other] = [await startService(), createServer()];
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await rxscribe(['file', WAV, '--url', service.url, '--captions', String(port)], {
      env: keyOf(service),
    });
    other.close();
    await service.close();

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `rxscribe: cannot serve the captions: port ${port} is in use; choose a different one, or 0 for a free one\n`,
    );
    expect(service.sessions).toHaveLength(0);
  });

  it('rejects invalid combinations', async () => {
    const env = { ASSEMBLYAI_API_KEY: 'not-a-good-key-0123456789' };
    const wrong = [
      { args: ['file', WAV, '--captions-host', '0.0.0.0'] },
      { args: ['demo', '--captions-host', '0.0.0.0'] },
      { args: ['file', WAV, '--captions=65536'] },
      { args: ['file', WAV, '--captions', '1000', '--captions', '2000'] },
      { args: ['file', WAV, '--captions'], env: { RXSCRIBE_CAPTIONS_SECRET: 'short-secret' } },
      { args: ['file', WAV], env: { RXSCRIBE_CAPTIONS: 'stage' } },
      { args: ['file', WAV, '--captions-names', 'A=Anna'] },
      { args: ['file', WAV, '--captions', '--captions-names', 'Anna'] },
      { args: ['file', WAV, '--captions', '--captions-names', `A=${'x'.repeat(101)}`] },
      { args: ['file', WAV, '--captions', '--captions-embed', 'example.com'] },
    ];
    const outcomes = await Promise.all(
      wrong.map(({ args, ...set }) => rxscribe(args, { env: { ...env, ...set.env } })),
    );

    expect(outcomes.map(({ stderr }) => stderr)).toEqual([
      'rxscribe: --captions-host needs --captions\n',
      'rxscribe: --captions-host needs --captions\n',
      'rxscribe: --captions takes a port, 0 to 65535, not 65536\n',
      'rxscribe: --captions is given more than once\n',
      'rxscribe: RXSCRIBE_CAPTIONS_SECRET must be 22 to 128 letters, digits, - and _\n',
      'rxscribe: --captions takes a port, 0 to 65535, not "stage"\n',
      'rxscribe: --captions-names needs --captions\n',
      'rxscribe: --captions-names takes labels with names, such as A=Anna, not "Anna"\n',
      expect.stringMatching(
        /^rxscribe: --captions-names must be names of 1 to 100 characters by labels, at most 100, not /,
      ),
      'rxscribe: --captions-embed must be a list of at most 20 origins such as "https://example.com", not ["example.com"]\n',
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 2));
  });
});

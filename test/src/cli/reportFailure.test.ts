import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN, killAll, rxscribe, startCommand } from '../../support/cli.ts';
import { WAV, startService } from './service.ts';

const KEY = 'not-a-good-key-0123456789';
const env = { ASSEMBLYAI_API_KEY: KEY };

describe('a failed command', () => {
  afterEach(killAll);

  it('tries a wrong key once and never prints it', async () => {
    const service = await startService();
    const { code, stdout, stderr } = await rxscribe(['file', WAV, '--url', service.url, '--verbose'], { env });
    await service.close();

    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^rxscribe: the service refused the key: .*check the API key\n/);
    expect(stderr).not.toContain(KEY);
    expect(service.sessions).toHaveLength(1);
  });

  it('explains how to set a missing key before it opens anything', async () => {
    const { code, stdout, stderr } = await rxscribe(['file', WAV]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rxscribe: no API key; get one at https:\/\/www\.assemblyai\.com\/dashboard and set .*\n$/);
  });

  it('reports mistakes in arguments before a missing key', async () => {
    const [path, param, output, device] = await Promise.all([
      rxscribe(['file', 'missing.wav']),
      rxscribe(['file', WAV, '--param', 'foo=1']),
      rxscribe(['file', WAV, '-o', 'missing/a.srt']),
      rxscribe(['listen', '--device', 'no such microphone']),
    ]);

    expect(path).toMatchObject({ code: 1, stderr: expect.stringMatching(/missing\.wav/) });
    expect(param).toMatchObject({ code: 2, stderr: expect.stringMatching(/foo/) });
    expect(output).toMatchObject({ code: 2, stderr: expect.stringMatching(/missing does not exist/) });
    expect(device).toMatchObject({ code: 1, stderr: expect.stringMatching(/microphone/) });
  });

  it('removes control characters and secrets from its message and its stack', async () => {
    const name = 'x\u001b]0;title\u0007\u001b[31m.wav';
    const address = 'http://user:passw0rd@localhost/x?secret=s3cret';
    const [path, url] = await Promise.all([
      rxscribe(['file', name, '--verbose'], { env }),
      rxscribe(['file', WAV, '--url', address, '--verbose'], { env }),
    ]);

    expect(path.stderr).toContain('\n    at ');
    expect(path.stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(url.stderr).toContain('http://[hidden]@localhost/x?secret=[hidden]');
    expect(url.stderr).not.toMatch(/passw0rd|s3cret/);
  });

  it('needs only one line to report too few file descriptors', async () => {
    const program = startCommand('bash', ['-c', `ulimit -n 28; exec "$0" "$@"`, process.execPath, MAIN, 'file', WAV]);
    const { code, stderr } = await program.outcome;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^rxscribe: [^\n]*too (few|many) open files[^\n]*\n$/);
  });

  it('reports an unknown microphone in one line', async () => {
    const { code, stderr } = await rxscribe(['listen', '--device', 'no such microphone'], { env });

    expect(code).toBe(1);
    // ALSA prints additional lines on some machines
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('rxscribe: ')),
    ).toEqual([expect.stringMatching(/microphone|audio addon/)]);
    expect(stderr).not.toContain('Listening');
  });

  it('reports an unreadable file in one line', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rxscribe-files-'));
    await writeFile(join(dir, 'text.wav'), 'hello');
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    const outcomes = await Promise.all(
      ['missing.wav', '.', 'text.wav', 'pipe'].map((path) => rxscribe(['file', path], { env, cwd: dir })),
    );
    await rm(dir, { recursive: true });

    expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
    expect(outcomes.map(({ stderr }) => stderr)).toEqual([
      expect.stringMatching(/^rxscribe: .*"missing\.wav".*no such file.*\n$/),
      expect.stringMatching(/^rxscribe: .*directory.*\n$/),
      expect.stringMatching(/^rxscribe: .*text\.wav.*\n$/),
      'rxscribe: cannot read "pipe": it is a pipe; use - to read it from standard input, as in: rxscribe file - < PIPE\n',
    ]);
  });

  it('prints the stack only with --verbose', async () => {
    const [brief, verbose] = await Promise.all([
      rxscribe(['file', 'missing.wav'], { env }),
      rxscribe(['file', 'missing.wav'], { env: { ...env, RXSCRIBE_VERBOSE: '1' } }),
    ]);

    expect(brief.stderr).not.toContain('    at ');
    expect(verbose.stderr).toContain('    at ');
  });
});

describe('wrong usage', () => {
  const rows: [string, string[], RegExp][] = [
    ['a misspelt option', ['file', WAV, '--spede', '2'], /unknown option --spede; did you mean --speed\?/],
    ['a misspelt negated option', ['listen', '--no-denose'], /unknown option --no-denose; did you mean --denoise\?/],
    ['a misspelt short option', ['--vda', 'energy'], /unknown option --vda; did you mean --vad\?/],
    ['an unknown letter', ['-x'], /unknown option -x; see --help/],
    ['an unknown option', ['listen', '--zzzzzzzz'], /unknown option --zzzzzzzz; see --help/],
    ['an option of another command', ['devices', '--speed', '2'], /unknown option --speed; see --help/],
    ['the key as an option', ['listen', '--api-key=secret'], /unknown option --api-key; the key comes from ASSEMBLYAI/],
    ['the key as a parameter', ['listen', '--param', 'apiKey=secret'], /--param does not set apiKey; set ASSEMBLYAI/],
    ['a misspelt command', ['lisen'], /unknown command lisen; did you mean listen\?/],
    ['an unfinished command', ['resu'], /unknown command resu; did you mean resume\?/],
    ['an unknown command', ['xyzzy'], /unknown command xyzzy; the commands are listen, file/],
    ['a path without a command', ['talk.wav'], /unknown command talk.wav; did you mean rxscribe file talk.wav\?/],
    ['a second path', ['file', 'a', 'b'], /unexpected argument b/],
    ['no path', ['file'], /the path is missing: a recording for file/],
    ['an option without its value', ['file', WAV, '--url'], /--url needs a value/],
    ['an empty value', ['file', WAV, '--record', ''], /--record needs a value/],
    ['an empty device', ['listen', '--device', ''], /--device needs a value/],
    ['an empty path', ['file', ''], /the path of the recording is empty/],
    ['an option given twice', ['file', WAV, '--url=a', '--url=b'], /--url is given more than once/],
    [
      'a wrong choice',
      ['file', WAV, '--format', 'xml'],
      /--format must be one of "text", "ndjson", "srt", .*, not "xml"/,
    ],
    ['a word for a number', ['file', WAV, '--speed', 'fast'], /--speed must be a number, not "fast"/],
    ['a speed of 0', ['file', WAV, '--speed', '0'], /--speed must be a number above 0/],
    ['a sample rate out of range', ['file', WAV, '--sample-rate', '100'], /--sample-rate must be a whole number/],
    ['an address that is not wss', ['file', WAV, '--url', 'http://x'], /--url must be a wss:\/\/ address/],
    [
      'an address and a region',
      ['file', WAV, '--url', 'wss://x', '--region', 'eu'],
      /give --region or --url, not both/,
    ],
    ['an unknown parameter', ['file', WAV, '--param', 'foo=1'], /--param: there is no option foo/],
    ['a parameter out of range', ['file', WAV, '--param', 'maxSpeakers=99'], /maxSpeakers must be/],
    ['a parameter without a value', ['file', WAV, '--param', 'foo'], /--param takes name=value/],
    ['a recording without words', ['serve', '--recording', WAV], /give one --words for each --recording/],
  ];

  it.each(rows)('is rejected in one line with exit code 2: %s', async (_, args, message) => {
    const { code, stdout, stderr } = await rxscribe(args, { env });

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rxscribe: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
  });
});

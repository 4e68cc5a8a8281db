import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import * as operators from '../operators/index.ts';
import type {
  AudioGapReason,
  BufferBytesOptions,
  ControlMessage,
  Stats,
  TranscriptionEvent,
} from '../operators/index.ts';
import * as testing from '../operators/testing/index.ts';
import * as main from '../src/index.ts';
import type {
  AudioFileOptions,
  ErrorCode,
  ErrorKind,
  MediaFileOptions,
  MicrophoneOptions,
  PcmStreamOptions,
  TranscribeOptions,
} from '../src/index.ts';
import type { MicrophoneOptions as PageMicrophoneOptions } from '../src/browser/microphone.ts';
import * as captions from '../src/captions/index.ts';
import * as files from '../src/captions/files.ts';
import * as local from '../src/local/index.ts';
import type { LocalOptions } from '../src/local/index.ts';
import type { PageStyle } from '../src/page/client/pageStyle.ts';
import * as page from '../src/page/index.ts';
import type { CaptionsServerOptions } from '../src/page/index.ts';
import { ALL_FAULT_KINDS } from '../src/simulator/faults.ts';
import * as rooms from '../src/rooms/index.ts';
import type { PublishRoomOptions, ServeRoomsOptions, SetUpRoomsOptions } from '../src/rooms/index.ts';
import * as simulator from '../src/simulator/index.ts';
import type { SimulatorOptions } from '../src/simulator/index.ts';
import * as tokens from '../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../src/tokens/index.ts';
import { NatsServers } from './support/natsServers.ts';
import { ROOT, TALK_TRANSCRIPTS, createUserProject } from './support/userProject.ts';
import type { ProgramResult, UserProject } from './support/userProject.ts';
import { withReference } from './support/reference.js';

/** A document, by its path in the repository. */
interface Page {
  readonly path: string;
  readonly text: string;
}

const pageNames = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
const pages = await Promise.all(
  ['README.md', ...pageNames.map((name) => `docs/${name}`)].map(async (path): Promise<Page> => ({
    path,
    text: await readFile(join(ROOT, path), 'utf8'),
  })),
);
/** The whole text, to look for a name. */
const allText = pages.map(({ text }) => text).join('\n');
const snippets = programsOf('ts');
/** Programs that need what a test does not have: only compiled here. */
const compiledOnly = programsOf('ts compiled');
/** Browser programs: compiled here, run in a browser by test/src/browser. */
const browserPrograms = programsOf('ts browser');
/** Programs with rooms: compiled with the types of NATS, and run beside a broker. */
const roomPrograms = programsOf('ts rooms');
const commands = [...new Set(fenced(allText, 'sh').flatMap((script) => script.trim().split('\n')))];
/** Every command line of rxscribe, in blocks and in sentences. */
const invocations = [
  ...fenced(allText, 'sh(?: parsed)?').flatMap((script) => script.split(/\n|&&|\|/)),
  ...[...allText.matchAll(/`((?:npx )?rxscribe [^`\n]+)`/g)].map(([, line = '']) => line),
]
  .map((line) => /^\s*(?:npx )?rxscribe (.*)$/.exec(line)?.[1])
  .filter((line) => line !== undefined);

/** Sources whose doc comments contain a program. */
const DOCUMENTED = [
  'operators/bufferBytes.ts',
  'operators/turns.ts',
  'operators/transcript.ts',
  'src/audio/audioFile.ts',
  'src/audio/microphone.ts',
  'src/audio/pcmStream.ts',
  'src/streaming/transcribe.ts',
  'src/tokens/tokenFrom.ts',
  'src/tokens/tokenHandler.ts',
];
/** Sources whose doc comments contain a browser program. */
const DOCUMENTED_PAGES = ['src/browser/transcribe.ts', 'src/browser/microphone.ts', 'src/browser/audioFile.ts'];
/** Sources whose doc comments contain a program with rooms, which is only compiled. */
const DOCUMENTED_ROOMS = ['controlRoom', 'publishRoom', 'roomEvents', 'serveRooms', 'setUpRooms'].map(
  (name) => `src/rooms/${name}.ts`,
);
const sources = await Promise.all(DOCUMENTED.map(async (path) => ({ path, text: await commentsOf(path) })));
const examples = sources.flatMap(({ text, path }) => exampleOf(text, path));
const pageExamples = await examplesOf(DOCUMENTED_PAGES);
const roomExamples = await examplesOf(DOCUMENTED_ROOMS);

/** Lets servers listen on a free port without keeping the process alive. */
const UNREF_SERVERS = `
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function () { return listen.call(this, 0, '127.0.0.1').unref(); };
`;

/** Commands that are run elsewhere, and where. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': '.ci/run',
  'npm install rxscribe rxjs': 'test/package.test.ts',
  'cd examples/web && npm install && npm run dev': 'test/examples/web.test.ts',
  'cd examples/web && npm install && npm run local': 'test/examples/web.test.ts',
  'rxscribe resume talk': 'test/src/cli/commands/resume.test.ts',
  'rxscribe demo --captions': 'test/src/cli/outputs/captionsPage.test.ts',
};

/** Serves captions on a free port, because another test uses the default one. */
const onFreePort = (line: string): string => line.replace('--captions --', '--captions 0 --');

/** How many programs run at the same time: they mostly wait for audio in real time, but not while they start. */
const AT_ONCE = 10;

describe('programs and commands in the documents', () => {
  let project: UserProject;
  let broker: NatsServers;
  let compiled: string;
  let results: Readonly<Record<string, ProgramResult>>;

  beforeAll(async () => {
    project = await createUserProject();
    broker = await NatsServers.start();
    const programs = [...snippets, ...examples];
    await Promise.all([...programs, ...compiledOnly].map(({ name, code }) => project.write(`${name}.ts`, code)));
    await Promise.all(
      [...browserPrograms, ...pageExamples].map(({ name, code }) => project.write(`page/${name}.ts`, code)),
    );
    const toBroker = (code: string): string => code.replace('127.0.0.1:4222', broker.addresses[0]!);
    await Promise.all(
      [...roomPrograms, ...roomExamples].map(({ name, code }) => project.write(`rooms/${name}.ts`, toBroker(code))),
    );
    await project.write('unrefServers.js', UNREF_SERVERS);
    compiled = await project.compile();
    const runs: readonly (readonly [name: string, run: () => Promise<ProgramResult>])[] = [
      ...programs.map(({ name, code }) => {
        const serves = /tokenHandler/.test(code) ? ['--import', './unrefServers.js'] : [];
        return [name, () => project.node(...serves, `out/${name}.js`)] as const;
      }),
      ...roomPrograms.map(({ name }) => [name, () => project.node(`out/rooms/${name}.js`)] as const),
      ...commands
        .filter((line) => !(line in RUN_ELSEWHERE))
        .map((line) => [line, () => project.shell(onFreePort(line))] as const),
    ];
    const result$ = from(runs).pipe(mergeMap(async ([name, run]) => [name, await run()] as const, AT_ONCE));
    results = Object.fromEntries(await lastValueFrom(result$.pipe(toArray())));
  });

  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await project.close();
  });

  it('contains a program of edge, worker and viewer, which runs until Ctrl-C', () => {
    expect(roomPrograms).not.toEqual([]);
    for (const { name } of roomPrograms) {
      expect(results[name]).toMatchObject({ stdout: expect.stringContaining(TALK_TRANSCRIPTS[0]!), stderr: '' });
    }
  });

  it('contains programs that compile in a strict project, as do the doc comments', () => {
    expect(compiled).toBe('');
  });

  it('contains browser programs, which compile with browser types', () => {
    expect(browserPrograms).not.toEqual([]); // the previous test checks the compiler's output
  });

  it.each([...snippets, ...examples])('shows a program that runs unchanged: $name', ({ name, code }) => {
    const { code: exitCode, stdout, stderr } = results[name] ?? {};
    const unexpected = stderr?.replaceAll(
      /^(… .*|\d+ words|rxscribe: (reconnecting|reconnected|"talk\.wav":) .*)\n/gm,
      '',
    );
    expect({ exitCode, unexpected }).toEqual({ exitCode: 0, unexpected: '' });
    // a program that prints finals prints every turn
    if (/finals\(\)/.test(code) && /console\.log\(.*transcript\)/.test(code)) {
      expect(stdout?.replaceAll('\n', ' ')).toContain(TALK_TRANSCRIPTS.join(' '));
    }
  });

  it('shows a broken session without a protocol violation', () => {
    const { name = '' } = snippets.find(({ code }) => code.includes('startSimulator')) ?? {};
    expect(results[name]?.stdout).toBe(`${TALK_TRANSCRIPTS.join('\n')}\n2 sessions, 0 violations\n`);
  });

  it.each(commands.filter((line) => !(line in RUN_ELSEWHERE)))('shows a command that runs: %s', (line) => {
    expect(results[line]).toMatchObject({ code: 0 });
  });

  it.each(Object.entries(RUN_ELSEWHERE))('shows a command that is run elsewhere: %s, in %s', (line) => {
    expect(commands).toContain(line);
  });

  it('shows the real output of the demo', () => {
    const { stdout = '', stderr = '' } = results['rxscribe demo --speed max'] ?? {};
    const [, shown = ''] = /npm run demo\n```\n\n```text\n(.*?)```/s.exec(allText) ?? [];
    expect(shown.trimEnd().split('\n').toSorted()).toEqual(`${stdout}${stderr}`.trimEnd().split('\n').toSorted());
  });

  it('names every command and every flag, and no others', async () => {
    const { stdout: help } = await project.shell('rxscribe --help');
    const commandNames = [...help.matchAll(/^  rxscribe ([a-z]+)/gm)].map(([, name = '']) => name);
    expect(commandNames).toEqual(expect.arrayContaining(['listen', 'file', 'demo']));
    const helpOf = async (name: string): Promise<string> => {
      const { stdout } = await project.shell(`rxscribe ${name} --help`);
      const own = [...stdout.matchAll(new RegExp(`^  rxscribe ${name} ([a-z]+)`, 'gm'))].map(([, sub = '']) => sub);
      return [stdout, ...(await Promise.all(own.map((sub) => helpOf(`${name} ${sub}`))))].join('\n');
    };
    const helps = await Promise.all(commandNames.map(async (name) => [name, await helpOf(name)] as const));
    const flagsOf = new Map(
      helps.map(([name, text]) => [
        name,
        [...text.matchAll(/(?<=^ .*)--[a-z-]+(?=  )/gm)].flatMap(([flag]) => [flag, `--no-${flag.slice(2)}`]),
      ]),
    );
    const unnamed = [...flagsOf.values()]
      .flat()
      .filter((flag) => !flag.startsWith('--no-') && !named(flag) && !named(`--no-${flag.slice(2)}`));
    expect([...commandNames.filter((name) => !named(name)), ...unnamed]).toEqual([]);
    const wrong = invocations.filter((line) => {
      const [name = ''] = line.split(' ');
      const flags = flagsOf.get(name.startsWith('-') || name === '<command>' || name === '[listen]' ? 'listen' : name);
      return flags === undefined || (line.match(/(?<=\s|^)--[a-z-]+/g) ?? []).some((flag) => !flags.includes(flag));
    });
    expect(wrong).toEqual([]);
  });
});

describe('the text of the documents', () => {
  it.each(sources.flatMap(({ path, text }) => fenced(text, 'text').map((diagram) => ({ path, diagram }))))(
    'shows the same diagram as the doc comment: $path',
    ({ diagram }) => {
      expect(fenced(allText, 'text')).toContain(diagram);
    },
  );

  it.each(Object.entries(vocabulary()))('names all of %s', (_name, names) => {
    expect(names.filter((name) => !named(name))).toEqual([]);
  });

  it.each(Object.entries(tables()))('has exactly one row for each of %s', (_name, { path, heading, rows }) => {
    const { text = '' } = pages.find((each) => each.path === path) ?? {};
    const [, table = ''] = new RegExp(`^\\| ${heading} +\\|.*?\n(.*?)\n\n`, 'ms').exec(text) ?? [];
    const shown = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
    expect(shown.toSorted()).toEqual(rows.toSorted());
  });

  it('uses the recommended model in every program', async () => {
    const names = await Promise.all(
      ['examples', 'operators', 'src'].map(async (folder) => {
        const found = await readdir(join(ROOT, folder), { recursive: true });
        return found.filter((name) => /\.(ts|tsx|js)$/.test(name)).map((name) => join(ROOT, folder, name));
      }),
    );
    const programs = await Promise.all(names.flat().map((path) => readFile(path, 'utf8')));
    const models = [allText, ...programs].flatMap((text) => [...text.matchAll(/speechModel: '([\w-]+)'/g)]);
    expect([...new Set(models.map(([, model]) => model))]).toEqual(['universal-3-6-pro']);
  });

  it.each(pages)('has lists that are those of the types: $path', ({ text }) => {
    expect(text).toBe(withReference(text)); // node test/support/reference.js renews them
  });

  it.each(pages)('is short: $path', ({ path, text }) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(251);
    if (path === 'README.md') expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16_384);
  });

  it.each(pages.filter(({ path }) => path.startsWith('docs/')))(
    'says whom it is for, shows an example before a table, and links on: $path',
    ({ path, text }) => {
      expect(text).toMatch(/^# .+\n\nFor /);
      if (path === 'docs/README.md') return;
      const table = text.search(/^\|/m);
      expect(text.indexOf('\n```')).toBeLessThan(table === -1 ? Infinity : table);
      expect(text).toMatch(/\n---\n\nPrevious: \[.+\]\(.+\) · Next: \[.+\]\(.+\)\n$/);
      expect(pages.find((each) => each.path === 'docs/README.md')?.text).toContain(`](${path.slice('docs/'.length)})`);
    },
  );

  it.each(pages)('links only to files and headings that exist: $path', async ({ path, text }) => {
    const links = [
      ...[...text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => link),
      ...[...text.matchAll(/<img[^>]* src="(?!\w+:)([^"]+)"/g)].map(([, link = '']) => link),
    ];
    const resolved = links.map(async (link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (!(await exists(target))) return false;
      return anchor === undefined || anchorsOf(await readFile(join(ROOT, target), 'utf8')).has(anchor);
    });
    const found = await Promise.all(resolved);
    expect(links.filter((_, index) => !found[index])).toEqual([]);
  });
});

/** Tables whose first column lists the values of a type. */
function tables(): Record<string, { readonly path: string; readonly heading: string; readonly rows: string[] }> {
  const { 'the kinds of errors': kinds, 'the parameters of the page': parameters } = vocabulary();
  const { 'the control messages': controls } = vocabulary();
  return {
    'the kinds of errors': { path: 'docs/errors.md', heading: '`kind`', rows: [...(kinds ?? [])] },
    'the parameters of the page': {
      path: 'docs/captions-page.md',
      heading: 'Parameter',
      rows: [...(parameters ?? [])],
    },
    'the control messages': { path: 'docs/transcribing.md', heading: 'Message', rows: [...(controls ?? [])] },
  };
}

/** Names taken from the types: a missing or extra one does not compile. */
function vocabulary(): Record<string, readonly string[]> {
  return {
    'the events': every<TranscriptionEvent['type']>()(
      ...(['Begin', 'Turn', 'SpeechStarted', 'Termination', 'SpeakerRevision', 'Heartbeat', 'Silence'] as const),
      ...(['Warning', 'LLMGatewayResponse', 'Reconnecting', 'AudioGap', 'ControlReceived', 'Stats'] as const),
      ...(['Suspended', 'Resumed'] as const),
    ),
    'the fields of Stats': every<keyof Stats>()(
      ...(['type', 'session', 'capturedMs', 'sentMs', 'replayedMs', 'transcribedMs', 'gapMs'] as const),
      ...(['skippedMs', 'openMs', 'sessions', 'reconnects', 'finalDelayMs'] as const),
    ),
    'the reasons of a gap': every<AudioGapReason>()(
      ...(['tape-full', 'unprocessable', 'end-timeout', 'device', 'restart', 'error'] as const),
    ),
    'the control messages': every<ControlMessage['type']>()('ForceEndpoint', 'UpdateConfiguration', 'KeepAlive'),
    'the kinds of errors': every<ErrorKind>()(
      ...(['unauthorized', 'invalid-input', 'audio-format', 'rate-limited', 'expired', 'network'] as const),
      ...(['service', 'protocol', 'microphone', 'file', 'engine'] as const),
    ),
    'the codes of errors': every<ErrorCode>()(
      ...(['ERR_UNAUTHORIZED', 'ERR_INVALID_INPUT', 'ERR_AUDIO_FORMAT', 'ERR_RATE_LIMITED', 'ERR_EXPIRED'] as const),
      ...(['ERR_NETWORK', 'ERR_SERVICE', 'ERR_PROTOCOL', 'ERR_MICROPHONE', 'ERR_FILE', 'ERR_ENGINE'] as const),
    ),
    'the options of bufferBytes': every<keyof BufferBytesOptions>()('minTail', 'padTail'),
    'the options of microphone': every<keyof MicrophoneOptions>()(
      ...(['stop', 'onOpen', 'onLost', 'maxAbsence', 'device', 'sampleRate', 'framesPerBuffer'] as const),
      ...(['channelMap', 'vad', 'modelPath', 'dcRemoval', 'denoise', 'highpass', 'agc', 'limiter', 'aec'] as const),
      ...(['channels', 'dtype'] as const),
    ),
    'the options of microphone in a browser': every<keyof PageMicrophoneOptions>()(
      ...(['stop', 'onOpen', 'onLost', 'maxAbsence', 'device', 'sampleRate', 'framesPerBuffer', 'channelMap'] as const),
      ...(['vad', 'echoCancellation', 'noiseSuppression', 'workletUrl', 'channels', 'dtype'] as const),
    ),
    'the options of audioFile': every<keyof AudioFileOptions>()(
      ...(['stop', 'speed', 'sampleRate', 'channelMap', 'dcRemoval', 'denoise', 'highpass', 'agc'] as const),
      ...(['limiter', 'channels', 'dtype', 'onWarning', 'startMs', 'follow'] as const),
    ),
    'the options of setUpRooms': every<keyof SetUpRoomsOptions>()(
      ...(['replicas', 'tapeLength', 'logLength', 'maxRooms', 'newSessionsPerMinute', 'lease'] as const),
    ),
    'the options of publishRoom': every<keyof PublishRoomOptions>()(
      ...(['sampleRate', 'encoding', 'startMs', 'control', 'spool', 'spoolLength', 'isInterrupted'] as const),
    ),
    'the options of serveRooms': every<keyof ServeRoomsOptions>()('transcribe', 'slots', 'name', 'stop', 'onError'),
    'the options of pcmStream': every<keyof PcmStreamOptions>()('stop', 'encoding'),
    'the options of transcribe': every<keyof TranscribeOptions>()(
      ...(['apiKey', 'token', 'speechModel', 'sampleRate', 'encoding', 'region', 'websocketBaseUrl'] as const),
      ...(['control', 'fallback'] as const),
      ...(['suspendAfter', 'preRoll', 'detectSpeech'] as const),
      ...(['connectTimeout', 'terminationTimeout', 'endTimeout', 'reconnect', 'maxOutage', 'stallTimeout'] as const),
      ...(['tapeLength', 'catchUpSpeed', 'mode', 'minTurnSilence', 'maxTurnSilence', 'vadThreshold'] as const),
      ...(['endOfTurnConfidenceThreshold', 'interruptionDelay', 'turnLeftPadMs', 'continuousPartials'] as const),
      ...(['includePartialTurns', 'formatTurns', 'keytermsPrompt', 'keyterms', 'prompt', 'agentContext'] as const),
      ...(['languageCodes', 'languageCode', 'languageDetection', 'domain', 'speakerLabels', 'maxSpeakers'] as const),
      ...(['speakerLabelsRevisionIntervalMs', 'voiceFocus', 'voiceFocusThreshold', 'filterProfanity'] as const),
      ...(['redactPii', 'redactPiiPolicies', 'redactPiiSub', 'sessionHeartbeat', 'acknowledgeSilence'] as const),
      ...(['inactivityTimeout', 'llmGateway', 'webhookUrl', 'webhookAuthHeaderName'] as const),
      ...(['webhookAuthHeaderValue', 'customerSupportAudioCapture', 'minEndOfTurnSilenceWhenConfident'] as const),
      ...(['maxTurnDuration', 'previousContextNTurns', 'extraParams', 'agent', 'from'] as const),
    ),
    'the options of transcribeLocally': every<keyof LocalOptions>()(
      ...(['model', 'finalModel', 'vadModel', 'sampleRate', 'engine', 'threads', 'partials', 'partialEvery'] as const),
      ...(['minTurnSilence', 'maxTurnSilence', 'maxTurn', 'connectTimeout', 'stallTimeout', 'tapeLength'] as const),
      ...(['endTimeout', 'maxOutage', 'from', 'control'] as const),
    ),
    'the options of mediaFile': every<Exclude<keyof MediaFileOptions, keyof AudioFileOptions>>()('live'),
    'the options of captionsServer': every<keyof CaptionsServerOptions>()(
      ...(['port', 'host', 'secret', 'speakerNames', 'embedIn', 'paused', 'rooms', 'onError'] as const),
    ),
    'the parameters of the page': every<keyof PageStyle>()(
      ...(['size', 'lines', 'color', 'background', 'box', 'align', 'position', 'dir', 'lang'] as const),
      ...(['font', 'uppercase', 'speakers', 'status', 'clear'] as const),
    ),
    'the options of startSimulator': every<keyof SimulatorOptions>()(
      ...(['recordings', 'recogniser', 'port', 'apiKey', 'caDir', 'faults', 'beginDelayMs'] as const),
      ...(['terminationDelayMs', 'maxSessionSeconds', 'refuse', 'formatting', 'aheadLimitMs'] as const),
      ...(['sessionsPerMinute', 'minuteMs', 'keepAudio', 'onEvent', 'engine'] as const),
    ),
    'the options of tokenHandler': every<keyof TokenHandlerOptions>()(
      ...(['apiKey', 'expiresInSeconds', 'maxSessionDurationSeconds', 'allow', 'origins', 'limit'] as const),
      ...(['clientOf', 'timeout', 'onError', 'region', 'streamingBaseUrl', 'agent'] as const),
    ),
    'the faults': ALL_FAULT_KINDS,
    'the exports': [main, operators, testing, captions, files, page, simulator, tokens, local, rooms].flatMap((entry) =>
      Object.keys(entry),
    ),
  };
}

/** Accepts exactly the names of a union. */
function every<Name extends string>() {
  return <const Names extends readonly Name[]>(
    ...names: Exclude<Name, Names[number]> extends never ? Names : never[]
  ) => names;
}

/** Whether the documents contain the name as code. */
function named(name: string): boolean {
  return new RegExp(`\`[^\`\n]*(?<![\\w-])${name}(?![\\w-])[^\`\n]*\``).test(allText);
}

/** The programs with this fence, named after their page. */
function programsOf(kind: string): { readonly code: string; readonly name: string }[] {
  return pages.flatMap(({ path, text }) =>
    fenced(text, kind).map((code, index) => ({ code, name: `${nameOf(path)}-${kind.replace(' ', '-')}-${index + 1}` })),
  );
}

/** GitHub's anchors of the headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

/** The programs in the doc comments of sources. */
async function examplesOf(paths: readonly string[]): Promise<{ readonly code: string; readonly name: string }[]> {
  return (await Promise.all(paths.map(async (path) => exampleOf(await commentsOf(path), path)))).flat();
}

/** The program in a source's doc comments. */
function exampleOf(text: string, path: string): { readonly code: string; readonly name: string }[] {
  return [...text.matchAll(/^@example\n(.*?)(?=^@|^\/$)/gms)].map(([, code = '']) => ({ code, name: nameOf(path) }));
}

/** The Markdown code blocks with this fence. */
function fenced(text: string, kind: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

/** A source without the asterisks of its doc comments. */
async function commentsOf(path: string): Promise<string> {
  const source = await readFile(join(ROOT, path), 'utf8');
  return source.replaceAll(/^ *\* ?/gm, '');
}

function nameOf(path: string): string {
  return path.replaceAll('/', '-').replace(/\.(ts|md)$/, '');
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function exists(path: string): Promise<boolean> {
  return access(join(ROOT, path)).then(
    () => true,
    () => false,
  );
}

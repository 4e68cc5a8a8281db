#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { isHelp, loadEnvFile } from './environment.ts';
import type { Command } from './flags/declareFlags.ts';
import { HELP, isPlainHelp } from './help.ts';
import { UsageError, explain } from './usage.ts';

const EPILOGUE =
  'The key comes from ASSEMBLYAI_API_KEY, every option also from RXSCRIBE_<OPTION>: RXSCRIBE_SPEECH_MODEL for ' +
  '--speech-model. Both may stand in the environment or in a file named .env.';

const LISTEN = lazy('listen', 'Transcribe the microphone until Ctrl-C; rxscribe alone does the same', async () => {
  return (await import('./commands/listen.ts')).listen;
});
const FILE = lazy(
  'file <path>',
  'Transcribe a recording: WAV, AIFF or FLAC; - is raw PCM on stdin, 16-bit mono at --sample-rate',
  async () => (await import('./commands/file.ts')).file,
);
const DEVICES = lazy('devices', 'List the input devices', async () => (await import('./commands/devices.ts')).devices);
const DOCTOR = lazy(
  'doctor',
  'Check what transcribing needs, and say what to do',
  async () => (await import('./commands/doctor.ts')).doctor,
);
const DEMO = lazy(
  'demo',
  'Show the whole pipeline on the bundled recording; needs no key, no network, no microphone',
  async () => (await import('./commands/demo.ts')).demo,
);
const SERVE = lazy(
  'serve',
  'Run the local service: the real protocol, which recognises only recordings it knows',
  async () => (await import('./commands/serve.ts')).serve,
);

/** Names a command; its file is loaded when it runs, or when help for it is asked. */
function lazy<Flags>(
  command: string,
  describe: string,
  load: () => Promise<Command<Flags>>,
): CommandModule<object, Flags> {
  return {
    command,
    describe,
    builder: async (argv) => (await load()).builder(argv),
    handler: async (flags) => (await load()).handler(flags),
  };
}

/** Declares the commands. Help for all of them loads none, and is to fit on a screen; `HELP` is a copy of it. */
async function program(args: readonly string[]): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  const cli = yargs(args);
  return cli
    .locale('en')
    .scriptName('rxscribe')
    .version(version())
    .alias({ help: 'h', version: 'V' })
    .usage('$0 [command]\n\nLive transcription: finals go to stdout, everything else to stderr.')
    .command({ ...LISTEN, command: '$0', describe: false, ...(isHelp(args) && { builder: {} }) })
    .command(LISTEN)
    .command(FILE)
    .command(DEVICES)
    .command(DOCTOR)
    .command(DEMO)
    .command(SERVE)
    .example('$0', 'caption what you say')
    .example('$0 file talk.wav > talk.txt', 'a recording to text')
    .example('$0 demo', 'see it work, without key and microphone')
    .example('$0 <command> --help', 'the options of a command, and more examples')
    .epilogue(EPILOGUE)
    .parserConfiguration({ 'greedy-arrays': false })
    .strict()
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error && error.name !== 'YError' ? error : new UsageError(explain(message, args, cli));
    });
}

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // whoever reads the output may leave at any time (`| head -1`); a full disk is a failure
    if (error.code !== 'EPIPE' && !process.exitCode) void fail(error, args);
  });
  if (isPlainHelp(args, process.stdout.columns)) {
    process.stdout.write(HELP);
    return;
  }
  try {
    await loadEnvFile(args);
    const cli = await program(args.map(portLeftOut));
    await cli.parseAsync();
  } catch (error) {
    await fail(error, args);
  }
}

/** Says of a `--captions` without a port that it has none, so that what follows is not taken for one: a path, say. */
function portLeftOut(arg: string, at: number, args: readonly string[]): string {
  return arg === '--captions' && !/^\d+$/.test(args[at + 1] ?? '') ? '--captions=' : arg;
}

async function fail(error: unknown, args: readonly string[]): Promise<void> {
  process.exitCode = 1;
  const { report } = await import('./reportFailure.ts');
  process.exitCode = report(error, args);
}

void main(process.argv.slice(2));

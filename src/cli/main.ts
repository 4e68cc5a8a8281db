#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { isHelp, loadEnvFile } from './environment.ts';
import type { Command } from './flags/declareFlags.ts';
import { HELP, isPlainHelp } from './help.ts';
import { normalizeArgs } from './normalizeArgs.ts';
import { UsageError } from './usageError.ts';

const EPILOGUE =
  'The key is read from ASSEMBLYAI_API_KEY. RXSCRIBE_<OPTION> sets an option: RXSCRIBE_SPEECH_MODEL sets ' +
  '--speech-model. Both can be set in the environment or in a file named .env.';

const LISTEN = lazy('listen', 'Transcribe the microphone until Ctrl-C; rxscribe alone does the same', async () => {
  return (await import('./commands/listen.ts')).listen;
});
const FILE = lazy(
  'file <path>',
  'Transcribe a recording, a film or an address: anything ffmpeg reads; - is stdin',
  async () => (await import('./commands/file.ts')).file,
);
const RESUME = lazy(
  'resume <dir>',
  'Continue an interrupted transcription in the folder of --dir',
  async () => (await import('./commands/resume.ts')).resume,
);
const DEVICES = lazy('devices', 'List the input devices', async () => (await import('./commands/devices.ts')).devices);
const DOCTOR = lazy(
  'doctor',
  'Check that everything transcription needs works',
  async () => (await import('./commands/doctor.ts')).doctor,
);
const DEMO = lazy(
  'demo',
  'Transcribe the bundled recording; needs no key, network or microphone',
  async () => (await import('./commands/demo.ts')).demo,
);
const MODELS = lazy(
  'models',
  'List models for this device; models get NAME downloads one',
  async () => (await import('./commands/models.ts')).models,
);
const ROOMS = lazy(
  'rooms',
  'Transcribe many microphones on many machines, over NATS',
  async () => (await import('./commands/rooms.ts')).rooms,
);
const SERVE = lazy(
  'serve',
  'Run a local service with the real protocol; it recognises only recordings it knows',
  async () => (await import('./commands/serve.ts')).serve,
);

interface YargsInternals {
  getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } };
}

/** Declares a command whose file is loaded only to run it or to print its help. */
function lazy<Flags>(
  command: string,
  describe: string,
  load: () => Promise<Command<Flags>>,
): CommandModule<object, Flags> {
  return {
    command,
    describe,
    builder: async (argv) => (await load()).builder(withoutStoredHelp(argv)),
    handler: async (flags) => (await load()).handler(flags),
  };
}

/** yargs formats the help of each command that it runs, 70 ms, for errors that show it. Ours do not; `--help` is not affected. */
function withoutStoredHelp<Flags>(argv: Argv<Flags>): Argv<Flags> {
  const internals = argv as Partial<YargsInternals>; // an option for it does not exist
  const usage = internals.getInternalMethods?.().getUsageInstance();
  if (usage) usage.cacheHelpMessage = () => undefined;
  return argv;
}

const COMMANDS = [LISTEN, FILE, RESUME, DEVICES, DOCTOR, DEMO, MODELS, ROOMS, SERVE] as readonly CommandModule<
  object,
  never
>[];

/** Declares the commands. The general help loads none of them; `HELP` is a copy of its text. */
async function program(args: readonly string[]): Promise<Argv> {
  const [{ default: yargs }, { explainUsage }] = await Promise.all([import('yargs'), import('./explainUsage.ts')]);
  const cli = yargs(args);
  const commandNames = COMMANDS.map(({ command }) => String(command).replace(/ .*/, ''));
  return cli
    .locale('en')
    .scriptName('rxscribe')
    .version(version())
    .alias({ help: 'h', version: 'V' })
    .usage('$0 [command]\n\nLive transcription: finals go to stdout, everything else to stderr.')
    .command({ ...LISTEN, command: '$0', describe: false, ...(isHelp(args) && { builder: {} }) })
    .command([...COMMANDS])
    .example('$0', 'caption what you say')
    .example('$0 file talk.wav > talk.txt', 'a recording to text')
    .example('$0 demo', 'try it without a key or microphone')
    .example('$0 <command> --help', 'options and examples of a command')
    .epilogue(EPILOGUE)
    .parserConfiguration({ 'greedy-arrays': false })
    .strict()
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error && error.name !== 'YError' ? error : new UsageError(explainUsage(message, args, cli, commandNames));
    });
}

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // closing a pipe (`| head -1`) or a terminal is not a failure; a full disk is
    if (error.code !== 'EPIPE' && error.code !== 'EIO' && !process.exitCode) void fail(error, args);
  });
  process.on('uncaughtException', (error) => {
    // a defect of this program: the stack is needed, but without control characters and secrets
    void crash(error, args);
  });
  if (isPlainHelp(args, process.stdout.columns)) {
    process.stdout.write(HELP);
    return;
  }
  try {
    await loadEnvFile(args);
    const cli = await program(args);
    await cli.parseAsync();
  } catch (error) {
    await fail(error, args);
  }
}

async function fail(error: unknown, args: readonly string[]): Promise<void> {
  process.exitCode = 1;
  try {
    const { reportFailure } = await import('./reportFailure.ts');
    process.exitCode = reportFailure(error, args);
  } catch (cause) {
    // nothing more can be loaded, as with very few file descriptors
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    process.stderr.write(
      `rxscribe: cannot load its own files: ${code === 'EMFILE' ? 'too few open files are allowed, see ulimit -n' : code}\n`,
    );
  }
}

async function crash(error: unknown, args: readonly string[]): Promise<void> {
  await fail(error, [...args, '--verbose']);
  process.exit(1);
}

void main(normalizeArgs(process.argv.slice(2)));

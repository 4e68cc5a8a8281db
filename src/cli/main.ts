#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import type { Argv } from 'yargs';
import { demo } from './demo.ts';
import { devices } from './devices.ts';
import { loadEnvFile } from './environment.ts';
import { file } from './file.ts';
import { byDefault, listen } from './listen.ts';
import { serve } from './serve.ts';
import { UsageError, explain } from './usage.ts';

const EPILOGUE =
  'The key comes from ASSEMBLYAI_API_KEY, every option also from RXSCRIBE_<OPTION>: RXSCRIBE_SPEECH_MODEL for ' +
  '--speech-model. Both may stand in the environment or in a file named .env.';

/** Declares the commands. Nothing but yargs is loaded here: each command imports its work when it runs. */
function program(args: readonly string[]): Argv {
  const cli = yargs(args);
  return cli
    .locale('en')
    .scriptName('rxscribe')
    .version(version())
    .alias({ help: 'h', version: 'V' })
    .usage('$0 [command]\n\nLive transcription: finals go to stdout, everything else to stderr.')
    .command(byDefault)
    .command(listen)
    .command(file)
    .command(devices)
    .command(demo)
    .command(serve)
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
  try {
    await loadEnvFile(args);
    await program(args).parseAsync();
  } catch (error) {
    await fail(error, args);
  }
}

async function fail(error: unknown, args: readonly string[]): Promise<void> {
  process.exitCode = 1;
  const { report } = await import('./failure.ts');
  process.exitCode = report(error, args);
}

void main(process.argv.slice(2));

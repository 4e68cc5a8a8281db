import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../../simulator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import { checkCaptions } from '../flags/captionsFlags.ts';
import { CONDITIONING } from '../flags/conditioningFlags.ts';
import type { DemoFlags } from './demo.ts';
import { variableOf } from '../environment.ts';
import { RELAYED } from '../signals.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import { SERVICE } from '../flags/serviceFlags.ts';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const RECORDING = fileURLToPath(new URL('../../simulator/recording/demo.wav', import.meta.url));

const REAL_AND_NOT = `rxscribe: plays the bundled recording to a local service on this machine
rxscribe: real: the AssemblyAI SDK, the TLS socket, the protocol, the pipeline
rxscribe: not real: the recognition; the service knows this recording's words
`;

/** What a page can show: who speaks, and what is being said each second, which the model tells less often then. */
const ON_THE_PAGE = ['--speaker-labels', '--param=continuousPartials=true'];

/**
 * Runs `rxscribe file` on the bundled recording, against a local service in this process.
 *
 * The file command is a process of its own because Node reads the authorities it trusts once, when it starts. A signal goes
 * on to it, and it decides how all of this ends.
 *
 * @returns The exit code of the file command.
 */
export async function runDemo(flags: DemoFlags): Promise<number> {
  checkCaptions(flags);
  process.stderr.write(REAL_AND_NOT);
  const simulator = await startSimulator();
  try {
    const args = ['file', RECORDING, `--url=${simulator.url}`, ...passedOn(flags)];
    const code = await runMain(args, environment(simulator));
    if (code === 0) process.stderr.write(`rxscribe: ${whatItHeard(simulator)}\n`);
    return code;
  } finally {
    await simulator.close();
  }
}

/** The flags of the demo, as arguments of the file command. */
function passedOn(flags: DemoFlags): string[] {
  const { speed, format, output = [], record, saveDir, captions, captionsHost, force, plain, verbose } = flags;
  return [
    `--speed=${speed}`,
    `--format=${format}`,
    ...output.map((path) => `--output=${path}`),
    ...(record === undefined ? [] : [`--record=${record}`]),
    ...(saveDir === undefined ? [] : [`--save-dir=${saveDir}`]),
    ...(captions === undefined ? [] : [`--captions=${captions === true ? '' : captions}`, ...ON_THE_PAGE]),
    ...(captionsHost === undefined ? [] : [`--captions-host=${captionsHost}`]),
    ...Object.entries({ force, plain, verbose }).flatMap(([name, on]) => (on ? [`--${name}`] : [])),
  ];
}

/** What the demo does depends on its own flags alone: variables that set others are blank, and `.env` does not fill them. */
function environment({ caFile, apiKey }: Simulator): NodeJS.ProcessEnv {
  const blank = Object.keys({ ...SERVICE, ...CONDITIONING, ...OUTPUT }).map((option) => [variableOf(option), '']);
  return {
    ...process.env,
    ...(Object.fromEntries(blank) as NodeJS.ProcessEnv),
    NODE_EXTRA_CA_CERTS: caFile,
    ASSEMBLYAI_API_KEY: apiKey,
    [RELAYED]: '1',
  };
}

function runMain(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const relay = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of signals) process.on(signal, relay);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  }).finally(() => {
    for (const signal of signals) process.off(signal, relay);
  });
}

function whatItHeard({ sessions, violations }: Simulator): string {
  const frames = sessions.reduce((sum, { frameBytes }) => sum + frameBytes.length, 0);
  const seconds = sessions.reduce((sum, { audioMs }) => sum + audioMs, 0) / 1000;
  return `the service heard ${seconds.toFixed(1)} s in ${frames} messages, ${violations.length} violations of the protocol`;
}

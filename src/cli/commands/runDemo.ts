import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../../simulator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import { checkCaptions } from '../flags/captionsFlags.ts';
import { CONDITIONING } from '../flags/conditioningFlags.ts';
import type { DemoFlags } from '../flags/demoFlags.ts';
import { variableName } from '../environment.ts';
import { FALLBACK, LOCAL } from '../flags/localFlags.ts';
import { checkOutputs } from '../outputs/checkOutputs.ts';
import { SIGNALS_FORWARDED } from '../signals.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import { SERVICE } from '../flags/serviceFlags.ts';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const RECORDING = fileURLToPath(new URL('../../simulator/recording/demo.wav', import.meta.url));

const BANNER = `rxscribe: plays the bundled recording to a local service on this machine
rxscribe: real: the AssemblyAI SDK, the TLS socket, the protocol, the pipeline
rxscribe: simulated: the recognition; the local service knows the words of this recording
`;

/** Options for a page: speakers, and more frequent partials, which this model otherwise sends rarely with speakers. */
const PAGE_ARGS = ['--speaker-labels', '--param=continuousPartials=true'];

/**
 * Runs `rxscribe file` on the bundled recording, with a local service in this process.
 *
 * The file command is a child process because Node reads the authorities it trusts only at startup. Signals are forwarded
 * to it.
 *
 * @returns The exit code of the file command.
 */
export async function runDemo(flags: DemoFlags): Promise<number> {
  checkCaptions(flags);
  checkOutputs(flags);
  if (flags.local !== undefined) {
    const { modelDirectory } = await import('../modelDirectory.ts');
    const model = modelDirectory(flags.local);
    process.stderr.write('rxscribe: plays the bundled recording to a model on this device\n');
    return runMain(['file', RECORDING, `--local=${model}`, ...childArgs(flags)], childEnvironment());
  }
  process.stderr.write(BANNER);
  const simulator = await startSimulator();
  try {
    const args = ['file', RECORDING, `--url=${simulator.url}`, ...childArgs(flags)];
    const code = await runMain(args, childEnvironment(simulator));
    if (code === 0) process.stderr.write(`rxscribe: ${summary(simulator)}\n`);
    return code;
  } finally {
    await simulator.close();
  }
}

/** The flags of the demo as arguments of the file command. */
function childArgs(flags: DemoFlags): string[] {
  const { local, speed, format, output = [], record, saveDir, captions, force, plain, verbose } = flags;
  const { captionsHost, captionsNames = [], captionsEmbed = [] } = flags;
  return [
    `--speed=${speed}`,
    `--format=${format}`,
    ...output.map((path) => `--output=${path}`),
    ...(record === undefined ? [] : [`--record=${record}`]),
    ...(saveDir === undefined ? [] : [`--save-dir=${saveDir}`]),
    ...(captions === undefined ? [] : [`--captions=${captions === true ? '' : captions}`]),
    ...(captions === undefined || local !== undefined ? [] : PAGE_ARGS),
    ...(captionsHost === undefined ? [] : [`--captions-host=${captionsHost}`]),
    ...captionsNames.map((pair) => `--captions-names=${pair}`),
    ...captionsEmbed.map((origin) => `--captions-embed=${origin}`),
    ...Object.entries({ force, plain, verbose }).flatMap(([name, on]) => (on ? [`--${name}`] : [])),
  ];
}

/** The environment without variables that would set flags of the file command; blank ones are not filled from `.env`. */
function childEnvironment(simulator?: Simulator): NodeJS.ProcessEnv {
  const options = { ...SERVICE, ...LOCAL, ...FALLBACK, ...CONDITIONING, ...OUTPUT };
  const blank = Object.keys(options).map((option) => [variableName(option), '']);
  return {
    ...process.env,
    ...(Object.fromEntries(blank) as NodeJS.ProcessEnv),
    ...(simulator && { NODE_EXTRA_CA_CERTS: simulator.caFile, ASSEMBLYAI_API_KEY: simulator.apiKey }),
    [SIGNALS_FORWARDED]: '1',
  };
}

function runMain(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let stopped = false;
  const forward = (signal: NodeJS.Signals): void => {
    if (!stopped) process.stderr.write('rxscribe: the local service ends a word that was cut off with ~\n');
    stopped = true;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  }).finally(() => {
    for (const signal of signals) process.off(signal, forward);
  });
}

function summary({ sessions, violations }: Simulator): string {
  const frames = sessions.reduce((sum, { frameBytes }) => sum + frameBytes.length, 0);
  const seconds = sessions.reduce((sum, { audioMs }) => sum + audioMs, 0) / 1000;
  return `the service received ${seconds.toFixed(1)} s in ${frames} messages, ${violations.length} protocol violations`;
}

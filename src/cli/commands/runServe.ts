import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { jsonLine } from '../../captions/jsonLine.ts';
import { loadRecording, startSimulator } from '../../simulator/index.ts';
import type { FaultPlan, Recording, SimulatorEvent, SpeechEngineFactory } from '../../simulator/index.ts';
import { handleSignals } from '../signals.ts';
import { printable } from '../terminal/printable.ts';
import type { ServeFlags } from '../flags/serveFlags.ts';
import { UsageError } from '../usageError.ts';

/** Runs the local service until a signal: its address on stdout, its log on stderr. */
export async function runServe(flags: ServeFlags): Promise<void> {
  const { port, recording = [], words = [] } = flags;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port must be 0 to 65535, not ${port}`);
  if (recording.length !== words.length) {
    throw new UsageError(`give one --words for each --recording, not ${words.length} for ${recording.length}`);
  }
  const engine = await localEngine(flags);
  const recordings = await Promise.all(recording.map((wav, at) => load(wav, words[at] ?? '')));
  const faults = flags.faults === undefined ? undefined : await faultPlan(flags.faults);
  const onEvent = (event: SimulatorEvent): void => {
    const text = describe(event);
    if (text !== undefined) note(`session ${event.session}: ${text}`);
  };
  const { stop, release } = handleSignals(
    () => undefined,
    () => undefined,
  );
  const plan = { ...(recordings.length > 0 && { recordings }), ...(faults && { faults }), ...(engine && { engine }) };
  const simulator = await startSimulator({ port, onEvent, keepAudio: false, ...plan });
  try {
    const { url, caFile, apiKey } = simulator;
    process.stdout.write(`${jsonLine({ url, caFile, apiKey })}\n`);
    const what = engine ? 'recognises speech on this device' : 'recognises only recordings it knows';
    note(`${what}; start clients with NODE_EXTRA_CA_CERTS set to caFile; Ctrl-C ends`);
    if (process.stdout.isTTY) {
      note(
        `to use it: NODE_EXTRA_CA_CERTS='${caFile}' ASSEMBLYAI_API_KEY=${apiKey} rxscribe file RECORDING --url ${url}`,
      );
    }
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    release();
    await simulator.close();
  }
}

function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** The engine of `--local`, if it is set. */
async function localEngine({ local, recording }: ServeFlags): Promise<SpeechEngineFactory | undefined> {
  if (local === undefined) return undefined;
  if (recording) throw new UsageError('--recording has no effect with --local: the model recognises any speech');
  const { modelDirectory } = await import('../modelDirectory.ts');
  const model = modelDirectory(local);
  const { speechEngine } = await import('./speechEngine.ts');
  return speechEngine(model, (error) => note(error instanceof Error ? error.message : String(error)));
}

/** Parses a plan given as JSON or as the path of a JSON file. The service validates it. */
async function faultPlan(plan: string): Promise<FaultPlan> {
  const text = /^\s*[[{]/.test(plan) ? plan : await readFile(plan, 'utf8');
  try {
    return JSON.parse(text) as FaultPlan;
  } catch (cause) {
    throw new UsageError(`--faults is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function load(wav: string, words: string): Promise<Recording> {
  try {
    return await loadRecording(wav, words);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new Error(`${words} is not JSON: ${cause.message}`, { cause });
    throw cause;
  }
}

function describe(event: SimulatorEvent): string | undefined {
  switch (event.type) {
    case 'connection':
      return event.authorization === 'ok' ? undefined : `refused, key ${event.authorization}`;
    case 'begin':
      return `begin ${event.id}`;
    case 'violation':
      return `violation ${event.violation.code} at ${event.violation.atMs} ms: ${event.violation.message}`;
    case 'fault':
      return `fault ${event.fault} at ${event.atMs} ms`;
    case 'end':
      return `end, ${event.endedBy ?? 'service closed'}${event.closeCode === undefined ? '' : `, code ${event.closeCode}`}`;
    default:
      return undefined;
  }
}

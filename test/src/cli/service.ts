import { fileURLToPath } from 'node:url';
import { bundledRecording, startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';

/** The bundled recording, where it is in the source. */
export const WAV: string = fileURLToPath(new URL('../../../src/simulator/recording/demo.wav', import.meta.url));
/** Its words. */
export const WORDS: string = fileURLToPath(new URL('../../../src/simulator/recording/demo.json', import.meta.url));

/** Its sentences, as they are printed. */
export async function sentences(): Promise<string[]> {
  const { words } = await bundledRecording();
  const text = words.map((word) => word.text).join(' ');
  return text.split(/(?<=[.?!]) /);
}

/** Starts a local service whose authority the children of this process trust. */
export function startService(options: SimulatorOptions = {}): Promise<Simulator> {
  const caDir = process.env['RXSCRIBE_TEST_CA_DIR'];
  if (caDir === undefined) throw new Error('run the tests with node test/support/run.js');
  return startSimulator({ ...options, caDir });
}

/** The environment of a client that has the service's key. */
export function keyOf({ apiKey }: Simulator): NodeJS.ProcessEnv {
  return { ASSEMBLYAI_API_KEY: apiKey };
}

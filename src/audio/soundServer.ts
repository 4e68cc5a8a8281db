import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { InputDevice } from './recorder.ts';

const run = promisify(execFile);

/** How long the sound server may take to answer, in milliseconds. */
const TIMEOUT_MS = 2000;
const PREFIX = 'pulse:';

/** A source of PulseAudio, or of PipeWire, which answers the same questions. */
export interface SoundSource {
  /** Its number while it exists. */
  readonly number: number;
  readonly name: string;
  readonly device: InputDevice;
}

interface ListedSource {
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly sample_specification: string;
}

interface ListedOutput {
  readonly source: number;
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Lists the sources of the sound server, with `pactl`. ALSA shows all of them as one device, so that without this list no
 * one of them could be chosen. Empty if there is no sound server, or no `pactl`.
 *
 * @param devices What ALSA lists. The sources get the numbers after these, and none can be opened without ALSA's plugin.
 */
export async function soundSources(devices: readonly InputDevice[]): Promise<SoundSource[]> {
  const first = Math.max(-1, ...devices.map(({ index }) => index)) + 1;
  const isUsable = soundServerDevice(devices) !== undefined;
  const listed = await pactl<ListedSource>('sources');
  return listed.map(({ index: number, name, description, sample_specification: format }, at) => ({
    number,
    name,
    device: {
      index: first + at,
      name: description,
      id: `${PREFIX}${name}`,
      maxInputChannels: isUsable ? Number(/(\d+)ch/.exec(format)?.[1] ?? 1) : 0,
      defaultSampleRate: Number(/(\d+)Hz/.exec(format)?.[1] ?? 48_000),
      isDefault: false,
    },
  }));
}

/** The ALSA device that records from the sound server. */
export function soundServerDevice(devices: readonly InputDevice[]): InputDevice | undefined {
  const usable = devices.filter(({ maxInputChannels }) => maxInputChannels > 0);
  return usable.find(({ id }) => id === 'alsa:pulse') ?? usable.find(({ isDefault }) => isDefault);
}

/** Makes the sound server's ALSA plugin record from this source when this process opens it. */
export function chooseSource({ name }: SoundSource): void {
  process.env['PULSE_SOURCE'] = name;
}

/** The number of the source that this process records from, if the sound server knows. */
export async function recordedSource(): Promise<number | undefined> {
  const outputs = await pactl<ListedOutput>('source-outputs');
  return outputs.find(({ properties }) => properties['application.process.id'] === String(process.pid))?.source;
}

/** Whether a device is not a microphone, but what a loudspeaker plays. */
export function isMonitor({ id }: InputDevice): boolean {
  return id.startsWith(PREFIX) && id.endsWith('.monitor');
}

/** pactl does not notice that its reader is gone; the shell ends it when this process, which holds its stdin, has ended. */
const SUBSCRIBE = 'pactl subscribe & read -r _; kill $!';

/** Reports when a source is gone, or something about recordings has changed, until this process ends. */
export function watchSource({ number }: SoundSource, onGone: () => void, onChange: () => void): void {
  const child = spawn('sh', ['-c', SUBSCRIBE], { stdio: ['pipe', 'pipe', 'ignore'], env: english() });
  child.on('error', () => undefined);
  createInterface(child.stdout).on('line', (line) => {
    if (line.endsWith(`'remove' on source #${number}`)) onGone();
    else if (line.includes("'change' on source-output #")) onChange();
  });
}

async function pactl<Item>(list: 'sources' | 'source-outputs'): Promise<readonly Item[]> {
  if (process.platform !== 'linux') return [];
  try {
    const { stdout } = await run('pactl', ['--format=json', 'list', list], {
      timeout: TIMEOUT_MS,
      env: english(),
    });
    return JSON.parse(stdout) as Item[];
  } catch {
    return []; // ALSA's devices can be used all the same
  }
}

/** The environment in which messages are not translated. */
function english(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C.UTF-8' };
}

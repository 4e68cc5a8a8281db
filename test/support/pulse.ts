import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A private PulseAudio server whose default source records what is played into its sink. */
export interface Pulse {
  /** The environment of a process that uses this source as its default microphone. */
  readonly env: NodeJS.ProcessEnv;
  /** Plays a recording into the microphone in real time; resolves when it has been played. */
  play(path: string): Promise<void>;
  /** Changes the server: the arguments of `pactl`. */
  control(...args: readonly string[]): Promise<void>;
  /** Kills the server; resolves when it has ended. */
  kill(): Promise<void>;
  /** Starts the server again after `kill`. */
  restart(): Promise<void>;
  /** Stops the server and removes its files. */
  close(): Promise<void>;
}

/** The name of the microphone in the list of devices. ALSA has it, and the sound server has the source behind it. */
export const PULSE_DEVICE = 'rxscribe test microphone';
/** The name of the other microphone, which is always silent. */
export const SILENT_DEVICE = 'rxscribe silent microphone';

/** The module of the silent microphone: it can be unloaded, as if it were unplugged. */
export const SILENT: readonly [string, ...string[]] = [
  'module-null-source',
  'source_name=silent',
  `description='${SILENT_DEVICE}'`,
];

/**
 * A null sink, recorded through its monitor. Without `norewinds` it works in steps of up to two seconds, and a recorder
 * receives nothing for that long; with it the steps are 50 ms.
 */
const server = (socket: string): string => `
load-module module-null-sink sink_name=speaker rate=48000 channels=2 norewinds=1
set-default-sink speaker
load-module module-remap-source source_name=microphone master=speaker.monitor source_properties="device.description='${PULSE_DEVICE}'"
set-default-source microphone
load-module ${SILENT.join(' ')}
load-module module-native-protocol-unix socket=${socket} auth-anonymous=1
`;

/**
 * Replaces ALSA's whole configuration: one PCM named `default` of type `pulse`, from the package libasound2-plugins. The
 * hint lists it as a device. With the system's configuration every other plugin is tried, too, and writes to stderr.
 */
const ALSA = `
pcm.default { type pulse hint { show on description "${PULSE_DEVICE}" } }
ctl.default { type pulse }
`;

/**
 * Returns why tests that need PulseAudio must be skipped here, or `undefined`. In CI on Linux they are never skipped, so
 * that a missing package fails.
 */
export async function pulseSkipReason(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'PulseAudio is used on Linux only';
  if (process.env['CI'] === 'true') return undefined;
  const found = await Promise.allSettled([run('pulseaudio', ['--version']), run('pactl', ['--version'])]);
  return found.every(({ status }) => status === 'fulfilled')
    ? undefined
    : 'PulseAudio is missing; install pulseaudio pulseaudio-utils libasound2-plugins';
}

/**
 * Starts a PulseAudio server that is independent of any other: its files, socket and home are in a new temporary folder.
 * The environment must be set before ALSA is loaded, so the recorder must run in a child process.
 */
export async function startPulse(): Promise<Pulse> {
  const folder = await mkdtemp(join(tmpdir(), 'rxscribe-pulse-'));
  const socket = join(folder, 'socket');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    PULSE_RUNTIME_PATH: folder,
    PULSE_SERVER: `unix:${socket}`,
    ALSA_CONFIG_PATH: join(folder, 'alsa.conf'),
  };
  await writeFile(join(folder, 'alsa.conf'), ALSA);
  await writeFile(join(folder, 'server.pa'), server(socket));
  // daemonized, it returns once clients can connect; if this process dies, it exits when no client is connected
  const options = ['-n', '--daemonize=yes', '--exit-idle-time=60', '--disable-shm=yes'];
  const pulseaudio = (...args: string[]): Promise<unknown> => run('pulseaudio', args, { env });
  const start = (): Promise<unknown> => pulseaudio(...options, '-F', join(folder, 'server.pa'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    env,
    play: async (path) => void (await run('paplay', [path], { env })),
    control: async (...args) => void (await run('pactl', args, { env })),
    kill: async () => {
      const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
      process.kill(pid, 'SIGKILL');
      // oxlint-disable-next-line no-await-in-loop -- it is not a child of this process, so its end is polled
      while (isRunning(pid)) await setTimeout(10);
    },
    restart: async () => void (await start()),
    close: async () => {
      await pulseaudio('--kill');
      await remove();
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

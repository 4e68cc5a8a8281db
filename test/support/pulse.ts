import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A sound server of our own whose default source hears what is played into it. */
export interface Pulse {
  /** The environment of a process that shall have this source as its default microphone. */
  readonly env: NodeJS.ProcessEnv;
  /** Plays a recording into the microphone, at its own pace; resolves when it was played. */
  play(path: string): Promise<void>;
  /** Ends the server and removes its files. */
  close(): Promise<void>;
}

/** The name of the microphone in the list of devices. */
export const PULSE_DEVICE = 'rxscribe test microphone';

/**
 * The sink is silence that one can listen to. Without `norewinds` it works in steps of up to two seconds, and a
 * recorder that opens it gets nothing for that long; with it the steps are 50 ms.
 */
const server = (socket: string): string => `
load-module module-null-sink sink_name=speaker rate=48000 channels=2 norewinds=1
set-default-sink speaker
set-default-source speaker.monitor
load-module module-native-protocol-unix socket=${socket} auth-anonymous=1
`;

/**
 * All of ALSA's configuration, in place of the system's: one PCM named `default` of the type `pulse`, from the package
 * libasound2-plugins. The hint makes it show in the list of devices. With the system's own configuration it would work
 * too, but then every other plugin installed is listed and tried as well, and complains on standard error.
 */
const ALSA = `
pcm.default { type pulse hint { show on description "${PULSE_DEVICE}" } }
ctl.default { type pulse }
`;

/**
 * Tells why there can be no sound server here, or `undefined` where there can. In CI it always can: a test that needs
 * it must fail there, not be skipped.
 */
export async function pulseSkipReason(): Promise<string | undefined> {
  if (process.env['CI'] === 'true' || process.platform !== 'linux') {
    return process.platform === 'linux' ? undefined : 'PulseAudio is used on Linux only';
  }
  const found = await Promise.allSettled([run('pulseaudio', ['--version']), run('pactl', ['--version'])]);
  return found.every(({ status }) => status === 'fulfilled')
    ? undefined
    : 'PulseAudio is absent, install: pulseaudio pulseaudio-utils libasound2-plugins';
}

/**
 * Starts a PulseAudio server of its own, apart from any that runs: its files, its socket and its home are in a new
 * temporary folder. The environment has to be set before ALSA is loaded, so the recorder must run in a child process.
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
  // Detached, it returns once clients can connect. Should this process die, it ends by itself when nobody is connected.
  const options = ['-n', '--daemonize=yes', '--exit-idle-time=60', '--disable-shm=yes'];
  const pulseaudio = (...args: string[]): Promise<unknown> => run('pulseaudio', args, { env });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await pulseaudio(...options, '-F', join(folder, 'server.pa'));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    env,
    play: async (path) => void (await run('paplay', [path], { env })),
    close: async () => {
      await pulseaudio('--kill');
      await remove();
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TranscriptionError } from '../errors.ts';
import { ByteReader } from './byteReader.ts';
import { childEnvironment } from './childEnvironment.ts';
import type { DecodedAudio, ReportLoss } from './pcmAudio.ts';
import { errorDetails } from './errorDetails.ts';
import { withoutSecrets } from './mediaAddress.ts';
import { decodeInterleaved } from './sampleDecoder.ts';

/** Bytes decoded at once. */
const PIECE_BYTES = 32_768;

/** What ffmpeg reads, and what it is to deliver. */
export interface FfmpegInput {
  /** A path, an address that was checked, or the bytes themselves. */
  readonly source: { readonly path: string } | { readonly url: string } | { readonly bytes: AsyncIterable<Uint8Array> };
  readonly sampleRate: number;
  /** The index of the channel to use; all are mixed without it. */
  readonly channel: number | undefined;
  /** How many channels to deliver, interleaved; missing ones are silent. @defaultValue 1 */
  readonly channels?: number;
  /** Ends ffmpeg when it aborts. */
  readonly released: AbortSignal;
}

/** Audio that ffmpeg decodes. */
export interface FfmpegAudio extends DecodedAudio {
  /** Whether the input has a duration: a recording has, a live stream has not. Resolves when ffmpeg has opened it. */
  readonly hasDuration: Promise<boolean>;
}

/** Decodes anything with the `ffmpeg` on the PATH. Errors have the last line that it printed. */
export function ffmpegAudio(input: FfmpegInput): FfmpegAudio {
  const { source, sampleRate, channels = 1, released } = input;
  const child = spawn('ffmpeg', ffmpegArguments(input), {
    env: childEnvironment(),
    windowsHide: true,
  });
  const closed = once(child, 'close').then(
    () => undefined,
    (error: unknown) => error,
  );
  const kill = (): void => void child.kill('SIGKILL');
  released.addEventListener('abort', kill);
  if (released.aborted) kill();
  if ('bytes' in source) void feed(source.bytes, child.stdin);
  else child.stdin.end();
  const log = new Log(child.stderr);
  const decoded = async function* (report: ReportLoss): AsyncGenerator<Float32Array> {
    try {
      const reader = new ByteReader(child.stdout);
      const layout = { encoding: 'int16', littleEndian: true, channels, sampleRate } as const;
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- pieces are read one after another
        const bytes = await reader.takeUnits(2 * channels, PIECE_BYTES);
        if (bytes.length === 0) break;
        yield decodeInterleaved(bytes, layout, channels);
      }
      await conclude(await closed, child.exitCode, log, report);
    } finally {
      released.removeEventListener('abort', kill);
      kill();
    }
  };
  return {
    sampleRate,
    channels,
    lengthMs: undefined,
    hasDuration: log.hasDuration,
    samples: (_, report) => decoded(report),
    interleaved: (_, report) => decoded(report),
  };
}

/** The options are fixed, and the prefix of a path keeps it from being taken for an option or another protocol. */
function ffmpegArguments({ source, sampleRate, channel, channels = 1 }: FfmpegInput): string[] {
  const input = 'path' in source ? `file:${source.path}` : 'url' in source ? source.url : 'pipe:0';
  const isHttp = 'url' in source && /^https?:/i.test(source.url);
  // the timeout is in microseconds
  const network = [
    '-reconnect',
    '1',
    '-reconnect_streamed',
    '1',
    '-reconnect_delay_max',
    '5',
    '-rw_timeout',
    '30000000',
  ];
  return [
    '-hide_banner',
    '-nostdin',
    '-loglevel',
    'level+info',
    ...(isHttp ? network : []),
    '-i',
    input,
    '-map',
    '0:a:0',
    ...(channel === undefined ? [] : ['-af', `pan=mono|c0=c${channel}`]),
    ...(channels === 1 ? [] : ['-af', `pan=${channels}c|${firstChannels(channels)}`]),
    '-ac',
    String(channels),
    '-ar',
    String(sampleRate),
    '-f',
    's16le',
    'pipe:1',
  ];
}

/** Keeps the first channels as they are; without this, ffmpeg would mix or duplicate channels. */
function firstChannels(count: number): string {
  return Array.from({ length: count }, (_, channel) => `c${channel}=c${channel}`).join('|');
}

/** ffmpeg may end before its input does. Errors of the input show as its early end. */
async function feed(bytes: AsyncIterable<Uint8Array>, stdin: NodeJS.WritableStream): Promise<void> {
  await pipeline(Readable.from(bytes, { objectMode: false }), stdin).catch(() => undefined);
}

async function conclude(error: unknown, exitCode: number | null, log: Log, report: ReportLoss): Promise<void> {
  if (errorDetails(error).code === 'ENOENT') {
    throw new TranscriptionError('file', `ffmpeg is not installed; install it with: ${await installCommand()}`, {
      cause: error,
    });
  }
  if (error !== undefined) throw error;
  if (exitCode !== 0) throw new TranscriptionError('file', `ffmpeg failed: ${reasonOf(log.lastError, exitCode)}`);
  if (log.lastError !== undefined) report(`ffmpeg reported: ${log.lastError}`);
}

function reasonOf(lastError: string | undefined, exitCode: number | null): string {
  if (lastError?.includes("'0:a:0' matches no streams")) return 'it has no audio track';
  return lastError ?? `exit code ${exitCode}`;
}

/** The lines that ffmpeg prints, as far as they matter. */
class Log {
  readonly hasDuration: Promise<boolean>;
  /** The last error, or the last warning if there is no error. */
  lastError: string | undefined;

  constructor(stderr: Readable) {
    const lines = createInterface(stderr);
    this.hasDuration = new Promise((resolve) => {
      lines.once('close', () => resolve(true));
      lines.on('line', (line) => {
        const duration = /^\[info\]\s+Duration: (N\/A|\d)/.exec(line);
        if (duration) resolve(duration[1] !== 'N/A');
        const [, error] = /\[(?:error|fatal)\] (.*)/.exec(line) ?? [];
        if (error && !isFollowUp(error))
          this.lastError = withoutSecrets(error.replaceAll(/\p{Cc}/gu, '')).slice(0, 300);
      });
    });
  }
}

/** Lines that follow every failure, and do not give its reason. */
function isFollowUp(line: string): boolean {
  return /^(?:Error opening (?:input|output) files?:|Conversion failed|To ignore this|Failed to set value '0:a:0')/.test(
    line,
  );
}

/** Packages of ffmpeg by the family of the Linux distribution. */
const INSTALL: Readonly<Record<string, string>> = {
  debian: 'sudo apt-get install ffmpeg',
  fedora: 'sudo dnf install ffmpeg-free',
  arch: 'sudo pacman -S ffmpeg',
  alpine: 'sudo apk add ffmpeg',
  suse: 'sudo zypper install ffmpeg',
};

/** The command that installs ffmpeg on this system. */
export async function installCommand(
  platform: string = process.platform,
  releaseFile = '/etc/os-release',
): Promise<string> {
  if (platform === 'darwin') return 'brew install ffmpeg';
  if (platform === 'win32') return 'winget install ffmpeg';
  if (platform === 'freebsd') return 'sudo pkg install ffmpeg';
  const release = await readFile(releaseFile, 'utf8').catch(() => '');
  const families = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap(([, names = '']) => names.split(' '));
  const known = families.find((family) => Object.hasOwn(INSTALL, family));
  return known ? (INSTALL[known] ?? '') : "your system's package manager, package ffmpeg";
}

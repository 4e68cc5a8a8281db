import { resolve } from 'node:path';
import { CHANNELS, checkChannels } from '../flags/channelsFlags.ts';
import type { ChannelsFlags } from '../flags/channelsFlags.ts';
import { CONDITIONING, conditioning } from '../flags/conditioningFlags.ts';
import type { ConditioningFlags } from '../flags/conditioningFlags.ts';
import { DIR } from '../flags/dirFlags.ts';
import type { DirFlags } from '../flags/dirFlags.ts';
import { FOLLOW } from '../flags/followFlags.ts';
import type { FollowFlags } from '../flags/followFlags.ts';
import { savedFlags } from '../flags/savedFlags.ts';
import { declareFlags } from '../flags/declareFlags.ts';
import type { Command, Declarations } from '../flags/declareFlags.ts';
import { FALLBACK, LOCAL } from '../flags/localFlags.ts';
import type { FallbackFlags, LocalFlags } from '../flags/localFlags.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import type { CreateSource } from '../sourcePlan.ts';
import { SERVICE } from '../flags/serviceFlags.ts';
import type { ServiceFlags } from '../flags/serviceFlags.ts';
import { SPEED } from '../flags/speedFlags.ts';
import type { SpeedFlags } from '../flags/speedFlags.ts';
import { printable } from '../terminal/printable.ts';
import { UsageError } from '../usageError.ts';

interface FileFlags
  extends
    SpeedFlags,
    FollowFlags,
    ServiceFlags,
    LocalFlags,
    FallbackFlags,
    ConditioningFlags,
    ChannelsFlags,
    OutputFlags,
    DirFlags {}

const SAVED = { ...SPEED, ...FOLLOW, ...SERVICE, ...LOCAL, ...FALLBACK, ...CONDITIONING };
const FLAGS: Declarations<FileFlags> = { ...SAVED, ...CHANNELS, ...OUTPUT, ...DIR };

/** Speed at which a backlog is sent, unless `--speed` is higher, as a multiple of real time. */
const CATCH_UP_SPEED = 1.25;

/** `rxscribe file <path>`: a recording to text. */
export const file: Command<FileFlags & { readonly path: string }> = {
  builder: (command) =>
    declareFlags<FileFlags>(command, FLAGS)
      .nargs('path', 1) // otherwise yargs parses - as an option
      .positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'A recording, a film or an address, or - for stdin; all but WAV, AIFF and FLAC need ffmpeg',
      })
      .example('$0 file talk.wav > talk.txt', 'in real time, as the service requires')
      .example('$0 file talk.flac --speaker-labels --format ndjson', 'speakers, and the time of every word')
      .example('$0 file call.wav --channels agent,caller', 'two speakers in two channels')
      .example('$0 file talk.wav --local --speed max', 'on this device, as fast as it can')
      .example('$0 file talk.wav --dir talk', 'into a folder; the same command continues if it was interrupted')
      .example('$0 file growing.wav --follow', 'while another program writes it')
      .example('$0 file https://radio.example/live.mp3', 'a stream, through ffmpeg')
      .example('arecord -f S16_LE -r 16000 -c 1 | $0 file -', 'what another program records'),
  handler: async (flags) => {
    checkChannels(flags);
    if (flags.path === '') throw new UsageError('the path of the recording is empty');
    const { channels } = flags;
    const { run } = await import('../run.ts');
    const saved = savedFlags(flags, SAVED);
    const options = { catchUpSpeed: Math.max(CATCH_UP_SPEED, flags.speed) };
    if (flags.path === '-') {
      if (flags.follow !== undefined) throw new UsageError('--follow is for files; stdin is read until it ends');
      const plan = { kind: 'stdin', channels, options, saved: { command: 'stdin', flags: saved } } as const;
      return run(flags, await standardInput(flags), plan);
    }
    const { recordingLength } = await import('../../audio/recordingFile.ts');
    const path = resolve(flags.path);
    const plan = { kind: 'recording', channels, options, saved: { command: 'file', path, flags: saved } } as const;
    const create = await recording(flags);
    return run(flags, create, { ...plan, ...(flags.follow === undefined && { length: recordingLength(flags.path) }) });
  },
};

/** What the sources of this command need to know. */
type SourceFlags = SpeedFlags &
  ConditioningFlags &
  Pick<ServiceFlags, 'sampleRate'> &
  Partial<Pick<FileFlags, 'channels' | 'dir' | 'follow'>>;

/** A recording as a source. */
export async function recording(flags: SourceFlags & { readonly path: string }): Promise<CreateSource> {
  const [{ mediaFile }, { isAddress }] = await Promise.all([
    import('../../audio/mediaFile.ts'),
    import('../../audio/mediaAddress.ts'),
  ]);
  const { path, speed, sampleRate, follow } = flags;
  if (flags.dir !== undefined && isAddress(path)) {
    throw new UsageError('--dir takes a recording, not an address; pipe its audio in: ffmpeg -i … - | rxscribe file -');
  }
  const format = { sampleRate, channels: flags.channels?.length ?? 1 };
  const growing = follow === undefined ? {} : { follow: follow * 1000 };
  return ({ stop, startMs = 0 }) =>
    mediaFile(path, { speed, startMs, ...growing, ...format, ...conditioning(flags), stop, onWarning });
}

/** Standard input as a source. */
export async function standardInput(flags: SourceFlags): Promise<CreateSource> {
  if (process.stdin.isTTY)
    throw new UsageError('nothing is piped in; - reads a recording or raw PCM from stdin, see rxscribe file --help');
  const { streamedAudio } = await import('../../audio/streamedAudio.ts');
  const format = { sampleRate: flags.sampleRate, channels: flags.channels?.length ?? 1 };
  return ({ stop }) => streamedAudio(process.stdin, { ...format, ...conditioning(flags), stop, onWarning });
}

function onWarning(line: string): void {
  process.stderr.write(`rxscribe: ${printable(line)}\n`);
}

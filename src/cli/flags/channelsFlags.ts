import { UsageError } from '../usageError.ts';
import { inGroup, list } from './declareFlags.ts';
import type { Declarations } from './declareFlags.ts';

/** The flag of commands that can transcribe each channel separately. */
export interface ChannelsFlags {
  readonly channels?: readonly string[];
}

export const CHANNELS: Declarations<ChannelsFlags> = inGroup('Recognition:', {
  channels: {
    type: 'string',
    requiresArg: true,
    coerce: list,
    describe: 'Transcribe each channel separately, with these speakers: agent,caller; each is billed',
  },
});

/** The most channels that a recording is split into. */
const MOST_CHANNELS = 32;

/** @throws {UsageError} if the names are not distinct, or a flag works on mono only. */
export function checkChannels({
  channels,
  ...flags
}: ChannelsFlags & { readonly record?: string; readonly saveDir?: string; readonly dir?: string }): void {
  if (!channels) return;
  if (channels.length < 2 || channels.length > MOST_CHANNELS || new Set(channels).size < channels.length) {
    throw new UsageError(`--channels takes 2 to ${MOST_CHANNELS} different names, separated by commas: agent,caller`);
  }
  if (flags.record !== undefined || flags.saveDir !== undefined || flags.dir !== undefined) {
    throw new UsageError('--record, --save-dir and --dir write mono audio and cannot be used with --channels');
  }
}

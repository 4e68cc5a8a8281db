import type { Declarations } from './declareFlags.ts';
import { number } from './declareFlags.ts';

/** Flags for what is done to the sound before it is sent. */
export interface ConditioningFlags {
  readonly denoise?: boolean;
  readonly highpass?: number;
  readonly agc?: number;
  readonly limiter?: number;
  readonly dcRemoval?: boolean;
  readonly channel?: number;
}

export const CONDITIONING: Declarations<ConditioningFlags> = {
  denoise: { type: 'boolean', describe: 'Remove noise' },
  highpass: { coerce: number('highpass'), requiresArg: true, describe: 'Cut what is below 80 or 100 Hz' },
  agc: { coerce: number('agc'), requiresArg: true, describe: 'Bring speech to this level, -40 to -3 dBFS' },
  limiter: { coerce: number('limiter'), requiresArg: true, describe: 'Hold peaks below this level, -3 to 0 dBFS' },
  'dc-removal': { type: 'boolean', describe: 'Remove a constant offset' },
  channel: {
    coerce: number('channel'),
    requiresArg: true,
    describe: 'Take one channel, counted from 0, instead of the average of all',
  },
};

/** The options of a source as decibri names them. */
export interface Conditioning {
  readonly denoise?: 'fastenhancer-t';
  readonly highpass?: 80 | 100;
  readonly agc?: number;
  readonly limiter?: number;
  readonly dcRemoval?: boolean;
  readonly channelMap?: number[];
}

/** Translates flags; what was not asked for is left out, and a wrong value is for the source to refuse. */
export function conditioning(flags: ConditioningFlags): Conditioning {
  return {
    ...(flags.denoise && { denoise: 'fastenhancer-t' }),
    ...(flags.highpass !== undefined && { highpass: flags.highpass as 80 | 100 }),
    ...(flags.agc !== undefined && { agc: flags.agc }),
    ...(flags.limiter !== undefined && { limiter: flags.limiter }),
    ...(flags.dcRemoval !== undefined && { dcRemoval: flags.dcRemoval }),
    ...(flags.channel !== undefined && { channelMap: [flags.channel] }),
  };
}

import type { Declarations } from './declareFlags.ts';
import { inGroup, number } from './declareFlags.ts';

/** Flags for processing the audio before it is sent. */
export interface ConditioningFlags {
  readonly denoise?: boolean;
  readonly highpass?: number;
  readonly agc?: number;
  readonly limiter?: number;
  readonly dcRemoval?: boolean;
  readonly channel?: number;
}

export const CONDITIONING: Declarations<ConditioningFlags> = inGroup('Audio processing:', {
  denoise: { type: 'boolean', describe: 'Remove noise' },
  highpass: { coerce: number('highpass'), requiresArg: true, describe: 'Remove frequencies below 80 or 100 Hz' },
  agc: { coerce: number('agc'), requiresArg: true, describe: 'Adjust speech to this level, -40 to -3 dBFS' },
  limiter: { coerce: number('limiter'), requiresArg: true, describe: 'Limit peaks to this level, -3 to 0 dBFS' },
  'dc-removal': { type: 'boolean', describe: 'Remove a constant (DC) offset' },
  channel: {
    coerce: number('channel'),
    requiresArg: true,
    describe: 'Use one channel, counted from 0, instead of the average of all',
  },
});

/** The same as options of a source, under the names of decibri. */
export interface Conditioning {
  readonly denoise?: 'fastenhancer-t';
  readonly highpass?: 80 | 100;
  readonly agc?: number;
  readonly limiter?: number;
  readonly dcRemoval?: boolean;
  readonly channelMap?: number[];
}

/** Converts the flags to options. The source validates their values. */
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

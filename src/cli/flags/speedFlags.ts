import type { Declarations } from './declareFlags.ts';
import { inGroup, number } from './declareFlags.ts';

/** The flags of every command that plays a recording. */
export interface SpeedFlags {
  readonly speed: number;
}

export const SPEED: Declarations<SpeedFlags> = inGroup('Playback:', {
  speed: {
    requiresArg: true,
    default: 1,
    coerce: number('speed', { max: Infinity, infinity: Infinity }),
    describe: 'Speed as a multiple of real time, or max; the real service accepts little more than 1',
  },
});

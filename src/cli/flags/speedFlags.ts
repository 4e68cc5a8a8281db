import type { Declarations } from './declareFlags.ts';
import { number } from './declareFlags.ts';

/** The flag of every command that plays a recording. */
export interface SpeedFlags {
  readonly speed: number;
}

export const SPEED: Declarations<SpeedFlags> = {
  speed: {
    requiresArg: true,
    default: 1,
    coerce: number('speed', { max: Infinity, infinity: Infinity }),
    describe: 'Times real time; max is as fast as it goes. The real service refuses much more than 1',
  },
};

import { isOn } from '../environment.ts';
import { UsageError } from '../usageError.ts';
import { inGroup } from './declareFlags.ts';
import type { Declarations } from './declareFlags.ts';

/** The flag of commands that can read a file while another program writes it. */
export interface FollowFlags {
  /** In seconds. */
  readonly follow?: number;
}

const DEFAULT_SECONDS = 10;

export const FOLLOW: Declarations<FollowFlags> = inGroup('Playback:', {
  follow: {
    coerce: seconds,
    describe: `Read on while the file grows, until it has not grown for so many seconds, ${DEFAULT_SECONDS} by default`,
  },
});

/** Coerces seconds or nothing; a variable may also mean yes or no. */
function seconds(value: unknown): number | undefined {
  if (Array.isArray(value)) throw new UsageError('--follow is given more than once');
  const text = String(value).toLowerCase();
  if (['', 'true', 'yes', 'on'].includes(text)) return DEFAULT_SECONDS;
  if (Number(text) > 0) return Number(text);
  if (value === undefined || !isOn(text)) return undefined;
  throw new UsageError(`--follow takes a number of seconds above 0, not ${JSON.stringify(value)}`);
}

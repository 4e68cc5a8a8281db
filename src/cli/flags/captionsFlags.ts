import { isOn } from '../environment.ts';
import { inGroup } from './declareFlags.ts';
import type { Declarations } from './declareFlags.ts';
import { UsageError } from '../usageError.ts';

/** The flags of every command that can serve a captions page. */
export interface CaptionsFlags {
  /** The port; `true` for the default port, `undefined` for no page. */
  readonly captions?: number | true;
  readonly captionsHost?: string;
}

export const CAPTIONS: Declarations<CaptionsFlags> = inGroup('Captions page:', {
  captions: {
    coerce: port,
    describe: 'Serve a page of live captions on this machine, on port 4747 or the given one: for OBS or a stage screen',
  },
  'captions-host': {
    type: 'string',
    requiresArg: true,
    describe: 'Serve the page to other machines, on this address (0.0.0.0 for all); its URL then contains a secret',
  },
});

/** Checks that the flags fit together. */
export function checkCaptions({ captions, captionsHost }: CaptionsFlags): void {
  if (captionsHost !== undefined && captions === undefined) throw new UsageError('--captions-host needs --captions');
}

/** Coerces a port or nothing; a variable may also mean yes or no. */
function port(value: unknown): number | true | undefined {
  if (Array.isArray(value)) throw new UsageError('--captions is given more than once');
  const text = String(value).toLowerCase();
  if (['', 'true', 'yes', 'on', '1'].includes(text)) return true;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  if (value === undefined || !isOn(text)) return undefined;
  throw new UsageError(`--captions takes a port, 0 to 65535, not ${JSON.stringify(value)}`);
}

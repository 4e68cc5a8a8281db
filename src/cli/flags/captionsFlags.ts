import { isOn } from '../environment.ts';
import type { Declarations } from './declareFlags.ts';
import { UsageError } from '../usage.ts';

/** Flags of every command that can serve a page of captions. */
export interface CaptionsFlags {
  /** The port; `undefined` where no page is asked for, `true` where any port will do that is always the same. */
  readonly captions?: number | true;
  readonly captionsHost?: string;
}

export const CAPTIONS: Declarations<CaptionsFlags> = {
  captions: {
    coerce: port,
    describe: 'Serve a page of live captions on this machine, at port 4747 unless given: for OBS, for a stage screen',
  },
  'captions-host': {
    type: 'string',
    requiresArg: true,
    describe: 'Let other machines see it: the address to serve it on, 0.0.0.0 for all; the URL has a secret then',
  },
};

/** Refuses what makes no sense together, before anything is opened. */
export function checkCaptions({ captions, captionsHost }: CaptionsFlags): void {
  if (captionsHost !== undefined && captions === undefined) throw new UsageError('--captions-host needs --captions');
}

/** Takes a port, or nothing; a variable can also say yes or no. */
function port(value: unknown): number | true | undefined {
  if (Array.isArray(value)) throw new UsageError('--captions is given more than once');
  const text = String(value).toLowerCase();
  if (['', 'true', 'yes', 'on', '1'].includes(text)) return true;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  if (value === undefined || !isOn(text)) return undefined;
  throw new UsageError(`--captions takes a port, 0 to 65535, not ${JSON.stringify(value)}`);
}

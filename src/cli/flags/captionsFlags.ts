import { isOn } from '../environment.ts';
import { inGroup, list } from './declareFlags.ts';
import type { Declarations } from './declareFlags.ts';
import { UsageError } from '../usageError.ts';

/** The flags of every command that can serve a captions page. */
export interface CaptionsFlags {
  /** The port; `true` for the default port, `undefined` for no page. */
  readonly captions?: number | true;
  readonly captionsHost?: string;
  /** Names of speakers, such as `A=Anna`. */
  readonly captionsNames?: readonly string[];
  /** Origins of pages that may embed the captions. */
  readonly captionsEmbed?: readonly string[];
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
  'captions-names': {
    array: true,
    coerce: list,
    requiresArg: true,
    describe: 'Show these names for the labels of speakers: A=Anna,B=Ben; needs --speaker-labels or --channels',
  },
  'captions-embed': {
    array: true,
    coerce: list,
    requiresArg: true,
    describe: 'Allow pages of this origin, such as https://example.com, to show the captions in a frame',
  },
});

/** Checks that the flags fit together. */
export function checkCaptions(flags: CaptionsFlags): void {
  if (flags.captions !== undefined) return;
  const other = [flags.captionsHost && 'host', flags.captionsNames && 'names', flags.captionsEmbed && 'embed'].find(
    Boolean,
  );
  if (other) throw new UsageError(`--captions-${other} needs --captions`);
}

/** Reads the pairs of `--captions-names`. */
export function speakerNamesOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const names = pairs.map((pair) => {
    const [, label, name] = /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(pair) ?? [];
    if (label === undefined || name === undefined) {
      throw new UsageError(`--captions-names takes labels with names, such as A=Anna, not ${JSON.stringify(pair)}`);
    }
    return [label, name] as const;
  });
  return Object.fromEntries(names);
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

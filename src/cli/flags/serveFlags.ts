import { COMMON, number } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';
import { modelOf } from './localFlags.ts';
import type { LocalFlags } from './localFlags.ts';

export interface ServeFlags extends CommonFlags, LocalFlags {
  readonly port: number;
  readonly recording?: readonly string[];
  readonly words?: readonly string[];
  readonly faults?: string;
}

export const SERVE: Declarations<ServeFlags> = {
  port: {
    requiresArg: true,
    default: 0,
    coerce: number('port'),
    describe: 'TCP port on localhost; 0 chooses a free one',
  },
  recording: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Recognise this recording (WAV, 16-bit mono) instead of the bundled one; may be repeated',
  },
  local: {
    type: 'string',
    coerce: (value: unknown) => modelOf(value, 'local'),
    describe:
      'Recognise any speech, with a model on this device instead of recordings: its directory, see rxscribe models',
  },
  words: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Its words as JSON: { "words": [{ "text", "start", "end" }] }, in milliseconds; one for each --recording',
  },
  faults: {
    type: 'string',
    requiresArg: true,
    describe: 'Faults to inject, as JSON or a JSON file: [{ "atMs", "fault" }] or { "seed", "perMinute" }',
  },
  ...COMMON,
};

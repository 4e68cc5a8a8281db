import { COMMON } from './flags.ts';
import type { CommonFlags, Declarations } from './flags.ts';

/** Flags of every command that prints a transcription. */
export interface OutputFlags extends CommonFlags {
  readonly format: 'text' | 'ndjson';
}

export const OUTPUT: Declarations<OutputFlags> = {
  format: {
    choices: ['text', 'ndjson'],
    default: 'text',
    requiresArg: true,
    describe: 'text: one line per final; ndjson: one line per event, all of them',
  },
  ...COMMON,
};

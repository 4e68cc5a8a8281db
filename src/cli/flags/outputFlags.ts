import { CAPTIONS } from './captionsFlags.ts';
import type { CaptionsFlags } from './captionsFlags.ts';
import { COMMON } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

/** Flags of every command that prints a transcription. */
export interface OutputFlags extends CommonFlags, CaptionsFlags {
  readonly format: 'text' | 'ndjson';
  readonly output?: readonly string[];
  readonly record?: string;
  readonly saveDir?: string;
  readonly force: boolean;
  readonly plain: boolean;
}

export const OUTPUT: Declarations<OutputFlags> = {
  format: {
    choices: ['text', 'ndjson'],
    default: 'text',
    requiresArg: true,
    describe: 'text: one line per final; ndjson: one line per event, all of them',
  },
  output: {
    alias: 'o',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Write a file as well, .srt, .vtt, .md, .txt or .ndjson; may be repeated',
  },
  record: { type: 'string', requiresArg: true, describe: 'Write the audio into this WAV file' },
  'save-dir': {
    type: 'string',
    requiresArg: true,
    describe: 'Write all of these, and what the run was, into a new dated folder in this one',
  },
  force: { type: 'boolean', default: false, describe: 'Overwrite files that exist' },
  plain: { type: 'boolean', default: false, describe: 'Lines only on a terminal, too: nothing is rewritten, no keys' },
  ...CAPTIONS,
  ...COMMON,
};

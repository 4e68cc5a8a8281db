import { CAPTION_EXTENSIONS, CAPTION_FORMATS } from '../../captions/captionFormats.ts';
import type { CaptionFormat } from '../../captions/captionFormats.ts';
import { CAPTIONS } from './captionsFlags.ts';
import type { CaptionsFlags } from './captionsFlags.ts';
import { COMMON, inGroup } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

/** The flags of every command that prints a transcription. */
export interface OutputFlags extends CommonFlags, CaptionsFlags {
  readonly format: CaptionFormat;
  readonly output?: readonly string[];
  readonly record?: string;
  readonly saveDir?: string;
  readonly force: boolean;
  readonly plain: boolean;
}

const OWN: Declarations<Omit<OutputFlags, keyof (CaptionsFlags & CommonFlags)>> = {
  format: {
    choices: Object.keys(CAPTION_FORMATS),
    default: 'text',
    requiresArg: true,
    describe: 'What to print: text is one line per final, ndjson one line per event; srt, vtt and md are captions',
  },
  output: {
    alias: 'o',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: `Also write this file: ${CAPTION_EXTENSIONS.join(', ')}; - is stdout, see --format; may be repeated`,
  },
  record: { type: 'string', requiresArg: true, describe: 'Write the audio to this WAV file' },
  'save-dir': {
    type: 'string',
    requiresArg: true,
    describe: 'Write all of these and run.json to a new dated folder in this folder',
  },
  force: { type: 'boolean', default: false, describe: 'Overwrite existing files' },
  plain: {
    type: 'boolean',
    default: false,
    describe: 'Append lines only, even on a terminal: no live partials, no status, no keys',
  },
};

export const OUTPUT: Declarations<OutputFlags> = {
  ...inGroup('Output:', OWN),
  ...CAPTIONS,
  ...COMMON,
};

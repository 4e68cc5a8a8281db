import type { Declarations } from './declareFlags.ts';
import { inGroup } from './declareFlags.ts';
import type { OutputFlags } from './outputFlags.ts';
import { UsageError } from '../usageError.ts';

/** The flag of commands whose transcription another process can continue. */
export interface DirFlags {
  readonly dir?: string;
}

export const DIR: Declarations<DirFlags> = inGroup('Output:', {
  dir: {
    type: 'string',
    requiresArg: true,
    describe: 'Keep audio, log and captions in this folder; if it was interrupted, the same command continues there',
  },
});

/** Checks that no other flag writes what the folder contains. */
export function checkDir({ dir, output = [], record, saveDir }: DirFlags & Partial<OutputFlags>): void {
  if (dir === undefined) return;
  const other = [output.some((path) => path !== '-') && 'output', record && 'record', saveDir && 'save-dir'].find(
    Boolean,
  );
  if (other) throw new UsageError(`--dir writes the audio and every caption format to ${dir}; leave out --${other}`);
}

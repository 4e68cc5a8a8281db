import { singleLine } from './singleLine.ts';

/** Labels that the service sends while the speaker is not known. */
const UNKNOWN = new Set(['', 'PENDING', 'UNKNOWN']);

/** Returns the speaker that a label names, in one line; `undefined` when the speaker is not known. */
export function speakerName(label: string | null | undefined): string | undefined {
  const name = singleLine(label ?? '');
  return UNKNOWN.has(name) ? undefined : name;
}

import { singleLine } from './singleLine.ts';

/** Labels that the service sends while the speaker is not known. */
const UNKNOWN = new Set(['', 'PENDING', 'UNKNOWN']);
/** Longest name, in UTF-16 code units: more than two lines of captions. */
const MAX_NAME = 100;

/**
 * Returns the speaker that a label names, in one line; `undefined` when the speaker is not known.
 *
 * @param label The label of the service; anything but a string counts as unknown.
 */
export function speakerName(label: unknown): string | undefined {
  if (typeof label !== 'string') return undefined;
  const name = singleLine(label.slice(0, MAX_NAME)).replace(/[\ud800-\udbff]$/, ''); // half of a pair
  return UNKNOWN.has(name) ? undefined : name;
}

import { plain } from './plain.ts';

/** What the service writes where it does not know yet who speaks. */
const NOBODY = new Set(['', 'PENDING', 'UNKNOWN']);

/** Gives the name a label stands for, in one line; `undefined` where nobody is known to speak. */
export function speakerOf(label: string | null | undefined): string | undefined {
  const name = plain(label ?? '');
  return NOBODY.has(name) ? undefined : name;
}

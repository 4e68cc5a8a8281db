import { hideSecrets } from '../secrets.ts';
import { printable } from '../terminal/printable.ts';

/** Prints a line to stderr, without secrets and control characters. */
export function note(text: string): void {
  process.stderr.write(`rxscribe: ${printable(hideSecrets(text))}\n`);
}

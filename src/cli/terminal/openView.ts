import { LiveView } from './liveView.ts';
import type { StatusLine, View } from './view.ts';

/**
 * Opens a view that rewrites lines if stdout is a capable terminal; otherwise one that only appends lines.
 *
 * @param plain Whether to append lines on a terminal, too.
 * @param status Returns the status line, at most as many columns wide as given.
 */
export function openView(plain: boolean, status: (columns: number) => StatusLine): View {
  const { stdout, env } = process;
  const dumb = env['TERM'] === 'dumb' || Boolean(env['NO_COLOR']);
  return stdout.isTTY && !dumb && !plain ? new LiveView(stdout, status) : PLAIN;
}

/** Needs no queue for a slow reader: writes to files and pipes are synchronous (on Windows, Node buffers writes to pipes). */
const PLAIN: View = {
  live: false,
  line: (text) => void process.stdout.write(`${text}\n`),
  paragraph: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  partial: () => undefined,
  clear: () => undefined,
  end: () => undefined,
};

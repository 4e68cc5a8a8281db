import { LiveView } from './liveView.ts';

/** What is being said: what will stay as it is, and what the service may still change. Put together they are the text. */
export interface Saying {
  readonly settled: string;
  readonly open: string;
}

/** Where a running command writes. */
export interface View {
  /** Whether it is rewritten in place, for a person. */
  readonly live: boolean;
  /** One line for stdout. */
  line(text: string): void;
  /** One line for stderr. */
  note(text: string): void;
  /** What is being said and may still change; the next call replaces it, and so does a `line`. */
  partial(saying: Saying): void;
  /** Takes away what is rewritten, until it is drawn again. */
  clear(): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}

/**
 * A view for a person where stdout is a terminal that can be rewritten, else one for programs: lines only.
 *
 * @param plain Whether lines are wanted anywhere.
 * @param status The line below everything, for so many columns at most.
 */
export function openView(plain: boolean, status: (columns: number) => string): View {
  const { stdout, env } = process;
  const dumb = env['TERM'] === 'dumb' || Boolean(env['NO_COLOR']);
  return stdout.isTTY && !dumb && !plain ? new LiveView(stdout, status) : PLAIN;
}

/**
 * A slow reader needs no queue of ours: writes to files and pipes are synchronous (on Windows pipes are not, there Node
 * holds what was not taken, which is as much as somebody said meanwhile).
 */
const PLAIN: View = {
  live: false,
  line: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  partial: () => undefined,
  clear: () => undefined,
  end: () => undefined,
};

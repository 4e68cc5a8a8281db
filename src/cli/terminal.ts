import type { WriteStream } from 'node:tty';
import { columnsOf, endOf } from './width.ts';

/** Where a running command writes. */
export interface View {
  /** One line for stdout. */
  line(text: string): void;
  /** One line for stderr. */
  note(text: string): void;
  /** What is being said and may still change; the next call replaces it, and so does a `line`. */
  partial(text: string): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}

/** A view for a person where stdout is a terminal that can be rewritten, else one for programs: lines only. */
export function openView(): View {
  const { stdout } = process;
  return stdout.isTTY && process.env['TERM'] !== 'dumb' ? new LiveView(stdout) : PLAIN;
}

/**
 * A slow reader needs no queue of ours: writes to files and pipes are synchronous (on Windows pipes are not, there Node
 * holds what was not taken, which is as much as somebody said meanwhile).
 */
const PLAIN: View = {
  line: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  partial: () => undefined,
  end: () => undefined,
};

const DIM = '\u001b[2m';
const NOT_DIM = '\u001b[22m';
const ERASE_LINE = '\r\u001b[K';
const ERASE_BELOW = '\r\u001b[J';
const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');

/** Finals scroll; the last line holds the end of the partial, as much as fits, and is rewritten in place. */
class LiveView implements View {
  readonly #out: WriteStream;
  readonly #dim = process.env['NO_COLOR'] ? (text: string) => text : (text: string) => DIM + text + NOT_DIM;
  #partial = '';
  #drawn = 0;

  constructor(out: WriteStream) {
    this.#out = out;
    out.on('resize', this.#resized);
  }

  line(text: string): void {
    this.#partial = '';
    this.#drawn = 0;
    this.#out.write(`${ERASE_LINE}${text}\n`);
  }

  note(text: string): void {
    this.#erase();
    process.stderr.write(`${text}\n`);
    this.#draw();
  }

  partial(text: string): void {
    this.#partial = text;
    this.#draw();
  }

  end(): void {
    this.#partial = '';
    this.#erase();
    this.#out.off('resize', this.#resized);
  }

  #draw(): void {
    if (this.#partial === '') return;
    const text = endOf(this.#partial, this.#columns() - 1);
    this.#drawn = columnsOf(text);
    this.#out.write(`\r${this.#dim(text)}\u001b[K`);
  }

  #erase(): void {
    if (this.#drawn > 0) this.#out.write(ERASE_LINE);
    this.#drawn = 0;
  }

  /** A terminal that became narrower has broken the line in several. */
  readonly #resized = (): void => {
    if (this.#drawn === 0) return;
    this.#out.write(up(Math.ceil(this.#drawn / this.#columns()) - 1) + ERASE_BELOW);
    this.#draw();
  };

  #columns(): number {
    return Math.max(this.#out.columns || 80, 4);
  }
}

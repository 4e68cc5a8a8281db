import type { WriteStream } from 'node:tty';
import { columnsOf } from '../../captions/columnsOf.ts';
import { dim, dimEnd } from './dimEnd.ts';
import { addExitHook } from './exitHook.ts';
import type { PartialText, StatusLine, View } from './view.ts';
import { lastLines, wrapText } from './wrapText.ts';

/** Minimum time between two redraws, in milliseconds. */
const REDRAW_MS = 100;
/** Maximum number of lines of a partial: its last ones are shown. */
const SHOWN_LINES = 3;

/**
 * Erases the whole line. tmux takes cells that were erased at the end of a line for text when it wraps lines for a narrower
 * terminal, unless the whole line was erased.
 */
const ERASE_LINE = '\u001b[2K';
const ERASE_BELOW = '\u001b[J';
const DOWN = '\u001b[1B';
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '');
/** The dot in front of the status: green, yellow or red. */
const DOT: Readonly<Record<StatusLine['state'], string>> = {
  live: '\u001b[32m●\u001b[39m',
  waiting: '\u001b[33m●\u001b[39m',
  offline: '\u001b[31m●\u001b[39m',
};
const NO_TEXT: PartialText = { settled: '', open: '' };

/**
 * Finals scroll. Below them a few lines are rewritten in place: the end of the partial, dimmed where it may still change,
 * and the status. The cursor stays at their end. No other state of the terminal changes, so kill -9 leaves nothing to
 * repair.
 */
export class LiveView implements View {
  readonly live = true;
  readonly #out: WriteStream;
  readonly #status: (columns: number) => StatusLine;
  readonly #timer: NodeJS.Timeout;
  readonly #release: () => void;
  #partial = NO_TEXT;
  /** The rewritten lines as they were written, and the width of each in columns. */
  #drawn = '';
  #widths: number[] = [];
  #drawnAt = -Infinity;
  #ended = false;

  constructor(out: WriteStream, status: (columns: number) => StatusLine) {
    this.#out = out;
    this.#status = status;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
    this.#release = addExitHook(() => this.end());
    out.on('resize', this.#resized);
  }

  line(text: string): void {
    this.#partial = NO_TEXT;
    this.#out.write(`${this.#erasure()}${text}\n`);
    if (performance.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  paragraph(text: string): void {
    this.line(wrapText(text, this.#columns()));
  }

  note(text: string): void {
    this.#out.write(this.#erasure());
    process.stderr.write(`${process.stderr.isTTY ? wrapText(text, this.#columns()) : text}\n`);
    this.#draw();
  }

  partial(text: PartialText): void {
    this.#partial = text;
  }

  clear(): void {
    this.#out.write(this.#erasure());
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#out.off('resize', this.#resized);
    this.#release();
    this.#out.write(this.#erasure());
  }

  #draw(): void {
    if (this.#ended) return;
    const [, height] = this.#size();
    const columns = this.#columns();
    const { state, text } = this.#status(columns - 2);
    const maxLines = Math.min(SHOWN_LINES, Math.max(1, height - 2));
    const { settled, open } = this.#partial;
    const lines = lastLines(settled + open, columns, maxLines);
    const drawn = [...dimEnd(lines, open.length), `${DOT[state]} ${dim(text)}`]
      .map((line) => ERASE_LINE + line)
      .join('\r\n');
    if (drawn === this.#drawn) return;
    this.#out.write(`${this.#toTop()}${drawn}${ERASE_BELOW}`);
    this.#drawn = drawn;
    this.#widths = [...lines, `● ${text}`].map(columnsOf);
    this.#drawnAt = performance.now();
  }

  /** Returns the sequence that erases the rewritten lines, and forgets them. */
  #erasure(): string {
    if (this.#widths.length === 0) return '';
    // some terminals copy the screen to the scrollback when all of it is erased, so the first line is erased separately
    const erasure = `${this.#toTop()}${ERASE_LINE}${this.#rows() > 1 ? `${DOWN}${ERASE_BELOW}${up(1)}` : ''}`;
    [this.#drawn, this.#widths] = ['', []];
    return erasure;
  }

  /** The number of rows on the screen: a terminal that became narrower has wrapped the lines. */
  #rows(): number {
    const [columns] = this.#size();
    return this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  }

  /** Returns the sequence that moves the cursor to the first line. */
  #toTop(): string {
    return `\r${up(this.#rows() - 1)}`;
  }

  /** The width for text: one column less than the terminal, because some wrap when the last one is written. */
  #columns(): number {
    return Math.max(this.#size()[0], 4) - 1;
  }

  /** The current size: the `resize` event arrives after the change. */
  #size(): [columns: number, rows: number] {
    const [columns, rows] = this.#out.getWindowSize();
    return [columns || 80, rows || 24];
  }

  readonly #resized = (): void => {
    this.#out.write(this.#erasure());
    this.#draw();
  };
}

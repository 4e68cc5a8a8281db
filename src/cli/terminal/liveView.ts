import type { WriteStream } from 'node:tty';
import { columnsOf } from '../../captions/columnsOf.ts';
import { dimEnd } from './dimEnd.ts';
import { beforeLeaving } from './exitHook.ts';
import type { Saying, View } from './openView.ts';
import { lastLines } from './lastLines.ts';

/** How often the lines below are drawn again at most, in milliseconds. */
const REDRAW_MS = 100;
/** How many lines of what is being said are shown at most: the last ones. */
const SHOWN_LINES = 3;

const ERASE_REST = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
const DOWN = '\u001b[1B';
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '');
const NOTHING: Saying = { settled: '', open: '' };

/**
 * Finals scroll. Below them are a few lines that are rewritten in place: the end of what is being said, dimmed where it may
 * still change, and the status. The cursor stays at the end of these; nothing else of the terminal is changed, so that
 * even a program that is killed leaves nothing to repair.
 */
export class LiveView implements View {
  readonly live = true;
  readonly #out: WriteStream;
  readonly #status: (columns: number) => string;
  readonly #timer: NodeJS.Timeout;
  readonly #release: () => void;
  #saying = NOTHING;
  /** The lines on the screen, as they were written, and how many columns each took. */
  #drawn = '';
  #widths: number[] = [];
  #drawnAt = -Infinity;

  constructor(out: WriteStream, status: (columns: number) => string) {
    this.#out = out;
    this.#status = status;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
    this.#release = beforeLeaving(() => this.end());
    out.on('resize', this.#resized);
  }

  line(text: string): void {
    this.#saying = NOTHING;
    this.#out.write(`${this.#erasure()}${text}\n`);
    if (performance.now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  note(text: string): void {
    this.#out.write(this.#erasure());
    process.stderr.write(`${text}\n`);
    this.#draw();
  }

  partial(saying: Saying): void {
    this.#saying = saying;
  }

  clear(): void {
    this.#out.write(this.#erasure());
  }

  end(): void {
    clearInterval(this.#timer);
    this.#out.off('resize', this.#resized);
    this.#release();
    this.#out.write(this.#erasure());
  }

  #draw(): void {
    const [width, height] = this.#size();
    const columns = Math.max(width, 4) - 1;
    const status = this.#status(columns);
    const room = Math.min(SHOWN_LINES, Math.max(1, height - 2));
    const { settled, open } = this.#saying;
    const said = lastLines(settled + open, columns, room);
    const drawn = [...dimEnd(said, open.length), status].map((line) => line + ERASE_REST).join('\r\n');
    if (drawn === this.#drawn) return;
    this.#out.write(`${this.#toTop()}${drawn}${ERASE_BELOW}`);
    this.#drawn = drawn;
    this.#widths = [...said, status].map(columnsOf);
    this.#drawnAt = performance.now();
  }

  /** What takes the lines away, and notes that they are gone. */
  #erasure(): string {
    if (this.#widths.length === 0) return '';
    // a terminal may keep a screen that is erased from its very beginning: so the first line goes alone
    const erasure = `${this.#toTop()}${ERASE_REST}${this.#rows() > 1 ? `${DOWN}${ERASE_BELOW}${up(1)}` : ''}`;
    [this.#drawn, this.#widths] = ['', []];
    return erasure;
  }

  /** How many rows the lines take. A terminal that became narrower has broken each in several. */
  #rows(): number {
    const [columns] = this.#size();
    return this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  }

  /** What brings the cursor to the first of the lines. */
  #toTop(): string {
    return `\r${up(this.#rows() - 1)}`;
  }

  /** Columns and rows as they are now: the signal that they changed comes later than the change. */
  #size(): [columns: number, rows: number] {
    const [columns, rows] = this.#out.getWindowSize();
    return [columns || 80, rows || 24];
  }

  readonly #resized = (): void => {
    this.#out.write(this.#erasure());
    this.#draw();
  };
}

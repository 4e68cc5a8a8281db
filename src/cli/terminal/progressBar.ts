const COLUMNS = 24;

/** A bar on one line of a terminal; nothing anywhere else. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #isShown: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#isShown = stream.isTTY && process.env['TERM'] !== 'dumb';
  }

  /** @param done The part that is done, 0 to 1. */
  show(done: number, text: string): void {
    const bar = '█'.repeat(Math.round(done * COLUMNS)).padEnd(COLUMNS, '░');
    if (this.#isShown) this.#stream.write(`\r${bar} ${Math.floor(done * 100)} %, ${text}\u001B[K`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001B[K');
  }
}

import type { ServerResponse } from 'node:http';
import { jsonLine } from '../captions/jsonLine.ts';
import type { Board } from './board.ts';

/** How many may look on at once; each is a connection that stays. */
export const MOST_VIEWERS = 64;
/** How often viewers are told at most, in milliseconds: about as often as a screen is drawn. */
const PACE_MS = 30;
/** How often they are told that the connection lives, in milliseconds; the page gives it up after three times as long. */
const BEAT_MS = 10_000;
/** How soon a browser comes back after its connection broke, in milliseconds. */
const RETRY_MS = 1000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
  connection: 'close', // with its end, not some time after
};

/**
 * Those who look on. None has a queue: who reads slowly is told what is new once it took what it was told before, and so
 * costs a bounded memory, and nobody waits for it.
 */
export class Viewers {
  readonly #board: Board;
  readonly #viewers = new Set<Viewer>();
  readonly #beat = setInterval(() => this.#each((viewer) => viewer.beat()), BEAT_MS).unref();
  #timer: NodeJS.Timeout | undefined;

  constructor(board: Board) {
    this.#board = board;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Tells a viewer at once what it lacks, and from then on what is new. */
  add(response: ServerResponse, version: string | undefined): void {
    const viewer = new Viewer(response.writeHead(200, HEADERS), this.#board, version);
    this.#viewers.add(viewer);
    response.once('close', () => this.#viewers.delete(viewer));
    response.on('error', () => undefined);
    viewer.tell();
  }

  /** Says that the board changed. */
  wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#each((viewer) => viewer.tell());
    }, PACE_MS).unref();
  }

  /** Tells everybody the last news, and goodbye. */
  end(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    this.#each((viewer) => viewer.end());
  }

  #each(act: (viewer: Viewer) => void): void {
    for (const viewer of this.#viewers) act(viewer);
  }
}

class Viewer {
  readonly #response: ServerResponse;
  readonly #board: Board;
  #version: string | undefined;
  #told = false;

  constructor(response: ServerResponse, board: Board, version: string | undefined) {
    this.#response = response;
    this.#board = board;
    this.#version = version;
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.on('drain', () => this.tell());
  }

  tell(): void {
    const { version } = this.#board;
    if (this.#response.writableNeedDrain || (this.#told && this.#version === version)) return;
    this.#response.write(`id: ${version}\ndata: ${jsonLine(this.#board.since(this.#version))}\n\n`);
    this.#version = version;
    this.#told = true;
  }

  beat(): void {
    if (!this.#response.writableNeedDrain) this.#response.write('event: beat\ndata:\n\n');
  }

  end(): void {
    this.tell();
    this.#response.end();
  }
}

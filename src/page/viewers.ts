import type { ServerResponse } from 'node:http';
import { jsonLine } from '../captions/jsonLine.ts';
import type { CaptionState } from './captionState.ts';

/** Most viewers at once; each holds a connection. */
export const MAX_VIEWERS = 64;
/** Shortest interval between updates, in milliseconds: about two screen refreshes. */
const UPDATE_MS = 30;
/** Interval of heartbeats, in milliseconds; the page reconnects after three missing ones. */
const HEARTBEAT_MS = 10_000;
/** Delay before a browser reconnects, in milliseconds. */
const RETRY_MS = 1000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
  connection: 'close', // so that the connection ends with the response
};

/**
 * The connected viewers. There are no queues: a viewer that reads slowly receives the latest changes once it has read
 * the previous ones, so it needs bounded memory and delays no other viewer.
 */
export class Viewers {
  readonly #state: CaptionState;
  readonly #viewers = new Set<Viewer>();
  readonly #heartbeat = setInterval(() => this.#each((viewer) => viewer.heartbeat()), HEARTBEAT_MS).unref();
  #timer: NodeJS.Timeout | undefined;

  constructor(state: CaptionState) {
    this.#state = state;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Sends a viewer everything after the version it knows, and then every change. */
  add(response: ServerResponse, version: string | undefined): void {
    const viewer = new Viewer(response.writeHead(200, HEADERS), this.#state, version);
    this.#viewers.add(viewer);
    response.once('close', () => this.#viewers.delete(viewer));
    response.on('error', () => undefined);
    viewer.update();
  }

  /** Signals that the state changed. */
  wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#each((viewer) => viewer.update());
    }, UPDATE_MS).unref();
  }

  /** Sends the last changes and ends all responses. */
  end(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    this.#each((viewer) => viewer.end());
  }

  #each(act: (viewer: Viewer) => void): void {
    for (const viewer of this.#viewers) act(viewer);
  }
}

class Viewer {
  readonly #response: ServerResponse;
  readonly #state: CaptionState;
  #version: string | undefined;
  #hasUpdate = false;

  constructor(response: ServerResponse, state: CaptionState, version: string | undefined) {
    this.#response = response;
    this.#state = state;
    this.#version = version;
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.on('drain', () => this.update());
  }

  update(): void {
    const { version } = this.#state;
    if (this.#response.writableNeedDrain || (this.#hasUpdate && this.#version === version)) return;
    this.#response.write(`id: ${version}\ndata: ${jsonLine(this.#state.since(this.#version))}\n\n`);
    this.#version = version;
    this.#hasUpdate = true;
  }

  heartbeat(): void {
    if (!this.#response.writableNeedDrain) this.#response.write('event: heartbeat\ndata:\n\n');
  }

  end(): void {
    this.update();
    this.#response.end();
  }
}

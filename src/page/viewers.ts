import type { ServerResponse } from 'node:http';
import { jsonLine } from '../captions/jsonLine.ts';
import type { CaptionState } from './captionState.ts';
import type { Scope } from './turnHistory.ts';

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
  add(response: ServerResponse, scope: Scope, version: string | undefined): void {
    const viewer = new Viewer(response.writeHead(200, HEADERS), this.#state, scope, version);
    this.#viewers.add(viewer);
    response.once('close', () => this.#viewers.delete(viewer));
    response.on('error', () => undefined);
    viewer.update();
  }

  /** Signals that the state changed. */
  wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const written: WrittenUpdates = new Map();
      this.#each((viewer) => viewer.update(written));
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

/** The updates of one moment as text, by scope and version: most viewers receive the same one. */
type WrittenUpdates = Map<string, WrittenUpdate>;

interface WrittenUpdate {
  readonly text: string;
  readonly version: string;
}

class Viewer {
  readonly #response: ServerResponse;
  readonly #state: CaptionState;
  readonly #scope: Scope;
  #version: string | undefined;
  #hasUpdate = false;

  constructor(response: ServerResponse, state: CaptionState, scope: Scope, version: string | undefined) {
    this.#response = response;
    this.#state = state;
    this.#scope = scope;
    this.#version = version;
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.on('drain', () => this.update());
  }

  /** Sends what changed, in several updates if it is much, for as long as the viewer reads them. */
  update(written: WrittenUpdates = new Map()): void {
    while (!this.#response.writableNeedDrain && !(this.#hasUpdate && this.#version === this.#state.version)) {
      const { text, version } = this.#write(written);
      this.#response.write(text);
      this.#version = version;
      this.#hasUpdate = true;
    }
  }

  heartbeat(): void {
    if (!this.#response.writableNeedDrain) this.#response.write('event: heartbeat\ndata:\n\n');
  }

  end(): void {
    this.update();
    this.#response.end();
  }

  #write(written: WrittenUpdates): WrittenUpdate {
    const key = `${this.#scope} ${this.#version}`;
    let update = written.get(key);
    if (!update) {
      const changes = this.#state.since(this.#version, this.#scope);
      const { version } = changes;
      update = { text: `id: ${version}\ndata: ${jsonLine(changes)}\n\n`, version };
      written.set(key, update);
    }
    return update;
  }
}

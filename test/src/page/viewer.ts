import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { NOTHING, merged } from '../../../src/page/client/wire.ts';
import type { Shown, Update } from '../../../src/page/client/wire.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How something is asked for, where it is not the usual way. */
export interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** Asks for something, and reads the answer to its end. */
export async function ask(url: string, { method = 'GET', headers = {} }: Asking = {}): Promise<Answer> {
  const response = await open(url, { method, headers });
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += String(piece);
  return { status: response.statusCode, headers: response.headers, body };
}

async function open(url: string, { method = 'GET', headers = {} }: Asking): Promise<IncomingMessage> {
  const asking = request(url, { method, headers, agent: false });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return response;
}

/** Somebody who looks on, without a screen. */
export class Viewer {
  shown: Shown = NOTHING;
  /** The updates as they came. */
  readonly updates: Update[] = [];
  lastId = '';
  ended = false;
  readonly #response: IncomingMessage;
  #waiting: (() => void)[] = [];

  constructor(response: IncomingMessage) {
    this.#response = response;
    let rest = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      const messages = (rest + piece).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#read(message);
    });
    response.on('error', () => undefined);
    response.on('data', () => this.#wake());
    response.once('close', () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** What is shown, as lines. */
  get lines(): string[] {
    return [...this.shown.turns, ...(this.shown.partial ? [this.shown.partial] : [])].map(({ parts }) =>
      parts.map(({ text, speaker }) => (speaker === undefined ? text : `${speaker}: ${text}`)).join(' / '),
    );
  }

  /** Resolves once something holds of what is shown; rejects when the connection ends before. */
  async sees(holds: (shown: Shown) => boolean): Promise<void> {
    while (!holds(this.shown)) {
      if (this.ended) throw new Error(`never seen; seen was ${JSON.stringify(this.shown)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves once the server ended the connection. */
  async end(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#response.destroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #read(message: string): void {
    const fields = new Map(
      message.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()]),
    );
    const data = fields.get('data');
    if (!data || fields.has('event')) return;
    const update = JSON.parse(data) as Update;
    this.lastId = fields.get('id') ?? '';
    this.updates.push(update);
    this.shown = merged(this.shown, update);
  }
}

/** Looks on at the captions of a server. */
export async function look(url: string, asking: Asking = {}): Promise<Viewer> {
  return new Viewer(await open(`${url}events`, asking));
}

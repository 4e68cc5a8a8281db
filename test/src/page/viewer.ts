import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { EMPTY_VIEW, applyUpdate } from '../../../src/page/client/viewState.ts';
import type { ViewState, ViewUpdate } from '../../../src/page/client/viewState.ts';

/** The response of a server. */
export interface HttpResponse {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Options of a request. */
export interface RequestOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** Sends a request and reads the whole response. */
export async function httpRequest(
  url: string,
  { method = 'GET', headers = {}, body: sent = '' }: RequestOptions = {},
): Promise<HttpResponse> {
  const response = await open(url, { method, headers, body: sent });
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += String(piece);
  return { status: response.statusCode, headers: response.headers, body };
}

async function open(
  url: string,
  { method = 'GET', headers = {}, body = '' }: RequestOptions,
): Promise<IncomingMessage> {
  const sent = request(url, { method, headers, agent: false });
  sent.on('error', () => undefined); // a refusal may close the connection before the body was read
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** A viewer of the captions without a browser. */
export class Viewer {
  shown: ViewState = EMPTY_VIEW;
  /** The updates in order. */
  readonly updates: ViewUpdate[] = [];
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

  /** The shown text, as lines. */
  get lines(): string[] {
    return [...this.shown.turns, ...(this.shown.partial ? [this.shown.partial] : [])].map(({ parts }) =>
      parts.map(({ text, speaker }) => (speaker === undefined ? text : `${speaker}: ${text}`)).join(' / '),
    );
  }

  /** Resolves once a condition holds for the shown captions; rejects when the connection ends first. */
  async sees(condition: (shown: ViewState) => boolean): Promise<void> {
    while (!condition(this.shown)) {
      if (this.ended) throw new Error(`ended before the condition held: ${JSON.stringify(this.shown)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves once the server has ended the connection. */
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
    const update = JSON.parse(data) as ViewUpdate;
    this.lastId = fields.get('id') ?? '';
    this.updates.push(update);
    this.shown = applyUpdate(this.shown, update);
  }
}

/** Opens the captions of a server. */
export async function openViewer(url: string, options: RequestOptions = {}, query = ''): Promise<Viewer> {
  return new Viewer(await open(`${url}events?${query}`, options));
}

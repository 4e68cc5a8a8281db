import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { LOOPBACK, reachable } from './addresses.ts';
import { loadAssets } from './assets.ts';
import { Board } from './board.ts';
import { settled } from './options.ts';
import type { CaptionsServerOptions } from './options.ts';
import { answer } from './reception.ts';
import { Viewers } from './viewers.ts';

/** A page of live captions, being served. */
export interface CaptionsServer {
  /** Where the page is; with the secret in it, if there is one. */
  readonly url: string;
  /** Where its look is chosen, and the URL with that look to be had. */
  readonly setupUrl: string;
  /** Unsubscribes, tells the viewers that it ended, and serves no more. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long viewers are given to take the last news, in milliseconds. */
const GOODBYE_MS = 500;

/**
 * Serves a page that shows a transcription while it goes on, for any number of browsers: finals settle, the partial grows
 * in place. Subscribes at once, as any other view; so `share()` what others look at, too.
 *
 * | The events      | The page                              | The server                            |
 * | --------------- | ------------------------------------- | ------------------------------------- |
 * | complete, error | keeps its text, and says that it ended | goes on, for who comes late; `onError` |
 * | are unsubscribed by `close()` | the same                | ends, and with it every connection    |
 *
 * @example
 * import { lastValueFrom, share } from 'rxjs';
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes } from 'rxscribe/operators';
 * import { captionsServer } from 'rxscribe/page';
 *
 * const event$ = audioFile('talk.wav').pipe(
 *   bufferBytes(3200),
 *   transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *   share(),
 * );
 * const [serving, told] = [captionsServer(event$, { port: 0 }), lastValueFrom(event$)];
 *
 * const page = await serving;
 * console.log(page.url);
 * await told;
 * await page.close();
 *
 * @param event$ What `transcribe()` emits.
 * @returns A promise of the server, once it listens; it rejects when it cannot, and has unsubscribed then.
 * @throws {TypeError | RangeError} as a rejection, when an option is wrong; before it subscribes.
 */
export async function captionsServer(
  event$: Observable<TranscriptionEvent>,
  options: CaptionsServerOptions = {},
): Promise<CaptionsServer> {
  const { port, host, secret, onError } = settled(options);
  const board = new Board();
  const viewers = new Viewers(board);
  const end = (): void => {
    board.end();
    viewers.wake();
  };
  const subscription = event$.subscribe({
    next: (event) => {
      board.take(event);
      viewers.wake();
    },
    error: (error: unknown) => {
      end();
      onError(error);
    },
    complete: end,
  });
  try {
    const assets = await loadAssets();
    const server = createServer((request, response) => answer({ assets, viewers, host, secret }, request, response));
    const bound = await listen(server, port, host ?? LOOPBACK);
    server.on('error', onError);
    const url = `http://${reachable(host ?? LOOPBACK)}:${bound}/${secret === undefined ? '' : `${secret}/`}`;
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      subscription.unsubscribe();
      board.end();
      return (closing ??= shut(server, viewers));
    };
    return { url, setupUrl: `${url}setup`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    subscription.unsubscribe();
    viewers.end();
    throw error;
  }
}

/** Listens, and resolves to the port. */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusal(cause, port, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function refusal(cause: NodeJS.ErrnoException, port: number, host: string): Error {
  const why =
    cause.code === 'EADDRINUSE'
      ? `port ${port} is taken; choose another, or 0 for a free one`
      : `${host}, port ${port}: ${cause.message}`;
  return Object.assign(new Error(`the captions cannot be served: ${why}`, { cause }), { code: cause.code });
}

async function shut(server: Server, viewers: Viewers): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  viewers.end();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), GOODBYE_MS);
  await closed;
  clearTimeout(timer);
}

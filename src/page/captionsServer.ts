import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { callOnError } from '../captions/callOnError.ts';
import { LOOPBACK, urlHost } from './addresses.ts';
import { loadAssets } from './assets.ts';
import { CaptionState } from './captionState.ts';
import type { SpeakerNames } from './client/viewState.ts';
import { newSecret, resolveOptions } from './options.ts';
import type { CaptionsServerOptions } from './options.ts';
import { handleRequest } from './requestHandler.ts';
import { RoomPages } from './roomPages.ts';
import { Strangers } from './strangers.ts';
import { TranscriptFiles } from './transcriptFiles.ts';
import { Viewers } from './viewers.ts';

/** A running server of the captions page. */
export interface CaptionsServer {
  /** URL of the page, including the secret if there is one. */
  readonly url: string;
  /** URL of the page where the style is chosen. */
  readonly setupUrl: string;
  /** The same for the operator, who can also name speakers there. It contains a secret: do not give it to viewers. */
  readonly operatorUrl: string;
  /** Unsubscribes, shows viewers that the captions ended, and stops the server. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long viewers have to read the last update, in milliseconds. */
const CLOSE_MS = 500;
/** Most connections at once: every viewer, and the files that new viewers load. */
const MAX_CONNECTIONS = 160;
/** The same with a page for each of many rooms. */
const MAX_ROOM_CONNECTIONS = 2000;
/** Limits of a request; the page sends small headers and no body. */
const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192, // bytes
};

/**
 * Serves a web page with live captions: finals stay, the partial changes in place. It subscribes immediately, like any
 * view, so `share()` events that have other subscribers. At most 64 viewers can be connected.
 *
 * | The events        | The page                                | The server                                     |
 * | ----------------- | --------------------------------------- | ---------------------------------------------- |
 * | complete          | keeps its text and shows that it ended  | stays up for late viewers                      |
 * | error             | the same, as interrupted                | the same; calls `onError`                      |
 * | end by `close()`  | keeps its text and shows that it ended  | ends all connections                           |
 *
 * @example
 * import { lastValueFrom, share } from 'rxjs';
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes } from 'rxscribe/operators';
 * import { captionsServer } from 'rxscribe/page';
 *
 * const event$ = audioFile('talk.wav').pipe(
 *   bufferBytes(3200),
 *   transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *   share(),
 * );
 * const [serving, ended] = [captionsServer(event$, { port: 0 }), lastValueFrom(event$)];
 *
 * const page = await serving;
 * console.log(page.url);
 * await ended;
 * await page.close();
 *
 * @param event$ The events of `transcribe()`.
 * @returns A promise of the server, once it listens. If it cannot listen, it unsubscribes and the promise rejects.
 * @throws {TypeError | RangeError} as a rejection, before it subscribes, when an option is invalid.
 */
export async function captionsServer(
  event$: Observable<TranscriptionEvent>,
  options: CaptionsServerOptions = {},
): Promise<CaptionsServer> {
  const { port, host, secret, speakerNames, embedIn, paused, rooms, onError } = resolveOptions(options);
  const report = (error: unknown): void => callOnError(onError, error);
  const state = new CaptionState(speakerNames);
  const viewers = new Viewers(state);
  const roomPages = rooms && new RoomPages(rooms, report);
  const end = (status?: 'interrupted'): void => {
    state.end(status);
    viewers.wake();
  };
  const subscription = event$.subscribe({
    next: (event) => {
      try {
        state.apply(event);
      } catch (error) {
        report(error);
      }
      viewers.wake();
    },
    error: (error: unknown) => {
      end('interrupted');
      report(error);
    },
    complete: () => end(),
  });
  subscription.add(
    paused.subscribe({
      next: (isPaused) => {
        state.pause(isPaused);
        viewers.wake();
      },
      error: report,
    }),
  );
  try {
    const assets = await loadAssets();
    const strangers = new Strangers();
    const operatorKey = newSecret();
    const context = {
      assets,
      viewers,
      roomPages,
      host,
      secret,
      operatorKey,
      embedIn,
      files: new TranscriptFiles(state),
      onNames: (names: SpeakerNames) => {
        state.rename(names);
        viewers.wake();
      },
      onTrusted: (socket: Socket) => strangers.trust(socket),
    };
    const server = createServer(LIMITS, (request, response) => handleRequest(context, request, response));
    server.maxConnections = rooms ? MAX_ROOM_CONNECTIONS : MAX_CONNECTIONS;
    server.on('connection', (socket) => strangers.add(socket));
    const bound = await listen(server, port, host ?? LOOPBACK);
    server.on('error', report);
    const url = `http://${urlHost(host ?? LOOPBACK)}:${bound}/${secret === undefined ? '' : `${secret}/`}`;
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      subscription.unsubscribe();
      state.end();
      roomPages?.end();
      return (closing ??= shut(server, viewers));
    };
    const setupUrl = `${url}setup`;
    return { url, setupUrl, operatorUrl: `${setupUrl}#operator=${operatorKey}`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    subscription.unsubscribe();
    viewers.end();
    roomPages?.end();
    throw error;
  }
}

/** Starts to listen and resolves to the port. */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, port, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, port: number, host: string): Error {
  const reason =
    cause.code === 'EADDRINUSE'
      ? `port ${port} is in use; choose a different one, or 0 for a free one`
      : `${host}, port ${port}: ${cause.message}`;
  return Object.assign(new Error(`cannot serve the captions: ${reason}`, { cause }), { code: cause.code });
}

async function shut(server: Server, viewers: Viewers): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  viewers.end();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(timer);
}

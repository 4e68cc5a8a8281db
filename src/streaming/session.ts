import type { StreamingTranscriber, StreamingUpdateConfiguration } from 'assemblyai/streaming';
import { Observable, defer, switchMap, takeWhile } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { bytesToMs } from '../audio/pcm.ts';
import { holdBack } from '../demand.ts';
import { TranscriptionError } from '../errors.ts';
import { failure } from './failure.ts';
import { Finality } from './finality.ts';
import type { SessionTurn } from './finality.ts';
import { parseMessage } from './message.ts';
import type { Message, SessionEvent } from './message.ts';
import type { SessionSettings } from './options.ts';

/** The SDK's socket is private, and the SDK leaves it unguarded; these are the parts of it used here. */
interface Socket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  on(event: 'pong', listener: () => void): void;
  ping(data: undefined, mask: undefined, written: () => void): void;
  terminate(): void;
}

/** How long an unformatted final waits for its formatted copy, in milliseconds; they were seen to come together. */
const COPY_TIMEOUT_MS = 2000;
/** How long a closing handshake may take before the socket is cut, in milliseconds. */
const LINGER_MS = 1000;
/** How many bytes may wait in the socket before the sender is asked to wait: 2 s of 16 kHz 16-bit mono. */
const MAX_BUFFERED = 64_000;

/**
 * Runs one session with the service, from `Begin` to `Termination`, on the official SDK.
 *
 * Cold: subscribing asks for the credential and connects; nothing is sent, and `input` is not subscribed, before
 * `Begin`. One credential, one dial, one session: trying again is the caller's part. Turns come out with `isFinal` set
 * exactly once for each `turn_order`; clock and numbers are the session's own.
 *
 * | What happens                     | `input`      | The session                                 | Downstream                |
 * | -------------------------------- | ------------ | ------------------------------------------- | ------------------------- |
 * | input completes                  | finalized    | `Terminate`, then waits for `Termination`   | last turns, then complete |
 * | no `Termination` in time         | finalized    | closed                                      | retryable network error   |
 * | input errors                     | finalized    | `Terminate`, closed at once                 | that error                |
 * | credential or connection fails   | untouched    | given up                                    | typed error               |
 * | no `Begin` in time               | untouched    | given up                                    | retryable network error   |
 * | `Error` message, with close or without | unsubscribed | closed                                | typed error               |
 * | unexpected close                 | unsubscribed | closed                                      | typed error               |
 * | no sign of life, or time asleep  | unsubscribed | closed                                      | retryable network error   |
 * | downstream unsubscribes          | unsubscribed | `Terminate`, closed at once, nothing awaited | nothing                  |
 * | an operator downstream throws    | unsubscribed | `Terminate`, closed at once                 | its error                 |
 * | non-JSON or binary message       | goes on      | goes on                                     | a `Warning`               |
 *
 * Whichever it is, afterwards no timer or listener is left, and the socket is gone within a second.
 *
 * @param input Audio frames and control messages, to be sent in this order. Its completion ends the session.
 * @param settings Checked options.
 */
export function session(
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
): Observable<SessionEvent> {
  return defer(() => Promise.all([import('assemblyai/streaming'), askCredential(settings)])).pipe(
    switchMap(([sdk, credential]) => {
      const transcriber = new sdk.StreamingTranscriber({ ...settings.params, ...credential });
      addQuery(transcriber, settings.extraQuery);
      const secret = Object.values(credential).join('');
      return new Observable<SessionEvent>((subscriber) => {
        const run = new Run(transcriber, input, settings, subscriber, (text) => text.replaceAll(secret, '[key]'));
        subscriber.add(() => run.close());
        run.connect();
      });
    }),
  );
}

async function askCredential(settings: SessionSettings): Promise<{ apiKey: string } | { token: string }> {
  try {
    return await settings.credential();
  } catch (cause) {
    const message = `the key function failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new TranscriptionError('unauthorized', message, { retryable: !(cause instanceof TypeError), cause });
  }
}

/** The SDK leaves options with falsy values out of the URL; here they are put in. */
function addQuery(transcriber: StreamingTranscriber, query: SessionSettings['extraQuery']): void {
  const internals = transcriber as unknown as { connectionUrl(): URL };
  const connectionUrl = internals.connectionUrl.bind(transcriber);
  internals.connectionUrl = () => {
    const url = connectionUrl();
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };
}

/** One subscription of `session`: a state machine over the SDK's transcriber and its socket. */
class Run {
  readonly #transcriber: StreamingTranscriber;
  readonly #input: Observable<Uint8Array | ControlMessage>;
  readonly #settings: SessionSettings;
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #redact: (text: string) => string;
  readonly #finality: Finality;
  #socket: Socket | undefined;
  #state: 'dialling' | 'begun' | 'terminating' | 'terminated' = 'dialling';
  #socketError: Error | undefined;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #alive = true;
  #sentSince: number | undefined;
  #sentMs = 0;
  /** Up to where the service told of words, in milliseconds of this session. */
  #toldMs = 0;

  constructor(
    transcriber: StreamingTranscriber,
    input: Observable<Uint8Array | ControlMessage>,
    settings: SessionSettings,
    subscriber: Subscriber<SessionEvent>,
    redact: (text: string) => string,
  ) {
    this.#transcriber = transcriber;
    this.#input = input;
    this.#settings = settings;
    this.#subscriber = subscriber;
    this.#redact = redact;
    this.#finality = new Finality(settings.awaitFormatted);
  }

  connect(): void {
    this.#transcriber.on('close', (code, reason) => this.#fail(code, reason, this.#socketError));
    this.#transcriber.on('error', (error) => {
      this.#socketError = error; // its close follows, and tells the code
    });
    const connected = this.#transcriber.connect();
    this.#socket = (this.#transcriber as unknown as { socket?: Socket }).socket;
    if (this.#socket) this.#guard(this.#socket);
    connected.catch((error: Error & { code?: unknown }) => {
      const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
      this.#fail(
        status ? Number(status) : typeof error.code === 'number' ? error.code : undefined,
        error.message,
        error,
      );
    });
  }

  /** Ends whatever is still going on; safe in every state, and more than once. */
  close(): void {
    clearTimeout(this.#copyTimer);
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    if (this.#state === 'dialling') {
      socket?.terminate(); // the SDK hears of it and drops its own timer
      return;
    }
    if (this.#state === 'begun') this.#transcriber.close(false).catch(() => {});
    if (this.#state === 'terminating') socket?.terminate();
    else if (socket) setTimeout(() => socket.terminate(), LINGER_MS).unref();
    this.#state = 'terminated';
  }

  /** Puts a guard before the SDK's message listener, which would throw on what it does not expect. */
  #guard(socket: Socket): void {
    const sdkListener = socket.onmessage;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it replaces the SDK's own
    socket.onmessage = (event) => {
      this.#alive = true;
      const message = parseMessage(event.data);
      if (typeof message === 'string') {
        this.#tell({ type: 'Warning', warning_code: 0, warning: message });
      } else if (message.type === 'Begin') {
        if (this.#state !== 'dialling') return;
        sdkListener?.(event);
        this.#begin(message);
      } else if (message.type === 'Termination') {
        this.#terminated(message);
        sdkListener?.(event);
      } else {
        this.#receive(message);
      }
    };
  }

  #receive(message: Exclude<Message, { type: 'Begin' | 'Termination' }>): void {
    switch (message.type) {
      case 'Turn':
        this.#toldMs = Math.max(this.#toldMs, message.words.at(-1)?.end ?? 0);
        this.#tellAll(this.#finality.accept(message));
        this.#awaitCopy();
        break;
      case 'SpeechStarted':
      case 'SpeakerRevision':
      case 'Heartbeat':
      case 'Silence':
      case 'Warning':
      case 'LLMGatewayResponse':
        this.#tell(message);
        break;
      default:
        if ('error' in message) this.#fail(message.error_code, String(message.error));
    }
  }

  #begin(message: Extract<SessionEvent, { type: 'Begin' }>): void {
    this.#state = 'begun';
    this.#watchOver();
    this.#tell(message);
    // what is there to be sent already is sent in one go, and may have to end in the middle of it
    const inputs = this.#input.pipe(takeWhile(() => !this.#subscriber.closed)).subscribe({
      next: (item) => this.#send(item),
      error: (error: unknown) => this.#subscriber.error(error),
      complete: () => this.#terminate(),
    });
    this.#subscriber.add(inputs);
  }

  /** Finds out whether the connection is dead although it is open: silence is no sign of it, but no answer to a ping is. */
  #watchOver(): void {
    const { stallTimeout } = this.#settings;
    const socket = this.#socket;
    socket?.on('pong', () => (this.#alive = true));
    let last = Date.now();
    this.#watch = setInterval(() => {
      const passed = Date.now() - last;
      last += passed;
      if (passed > 2 * stallTimeout) this.#fail(undefined, `this machine slept for ${Math.round(passed)} ms`);
      else if (!this.#alive) this.#fail(undefined, `no sign of life for ${stallTimeout} ms`);
      this.#alive = false;
      socket?.ping(undefined, undefined, () => {});
    }, stallTimeout / 2);
  }

  #send(item: Uint8Array | ControlMessage): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return; // its close is on the way, and tells
    if (ArrayBuffer.isView(item)) {
      this.#transcriber.sendAudio(item as unknown as ArrayBuffer); // its type is narrower than what it takes
      this.#sentSince ??= Date.now();
      this.#sentMs += bytesToMs(item.length, this.#settings.format);
      if (socket.bufferedAmount > MAX_BUFFERED) holdBack(() => written(socket));
    } else if (item.type === 'ForceEndpoint') this.#transcriber.forceEndpoint();
    else if (item.type === 'KeepAlive') this.#transcriber.keepAlive();
    else this.#transcriber.updateConfiguration(upToDate(item));
  }

  #terminate(): void {
    if (this.#state !== 'begun') return;
    const socket = this.#socket;
    if (socket?.readyState !== socket?.OPEN) return this.#fail(1006, '', this.#socketError); // it is just going
    this.#state = 'terminating';
    // the service is not counted on to be faster than real time, unless it shows that it is
    const elapsed = this.#sentSince === undefined ? 0 : Date.now() - this.#sentSince;
    const behind = Math.max(0, this.#sentMs - Math.max(elapsed, this.#toldMs));
    const terminationTimeout = this.#settings.terminationTimeout + Math.ceil(behind);
    const late = (): void => {
      if (this.#state === 'terminating') this.#fail(undefined, `no Termination within ${terminationTimeout} ms`);
    };
    this.#transcriber.close(true, terminationTimeout).then(late, late);
  }

  #terminated(message: Extract<SessionEvent, { type: 'Termination' }>): void {
    const asked = this.#state === 'terminating';
    this.#state = 'terminated';
    this.#tellAll(this.#finality.flush());
    this.#tell(message);
    if (asked) this.#subscriber.complete();
    else this.#fail(1000, 'Termination');
  }

  #awaitCopy(): void {
    clearTimeout(this.#copyTimer);
    if (!this.#finality.awaitsCopy) return;
    this.#copyTimer = setTimeout(() => this.#tellAll(this.#finality.flush()), COPY_TIMEOUT_MS);
  }

  #fail(wireCode: number | undefined, reason: string, cause?: Error & { code?: unknown }): void {
    const said = reason || cause?.message || (typeof cause?.code === 'string' ? cause.code : '');
    const error = failure(wireCode, this.#redact(said), cause);
    const renewable = this.#settings.freshCredential && error.kind === 'unauthorized' && /expired/i.test(said);
    this.#subscriber.error(renewable ? failure(3008, error.message, error) : error);
  }

  #tell(event: SessionEvent): void {
    this.#subscriber.next(event);
  }

  #tellAll(turns: readonly SessionTurn[]): void {
    for (const turn of turns) this.#tell(turn);
  }
}

/** A deprecated spelling brought up to date: the SDK would do so too, and write about it to the console. */
function upToDate(update: StreamingUpdateConfiguration): StreamingUpdateConfiguration {
  // oxlint-disable typescript/no-deprecated -- it is what this function is for
  const { min_end_of_turn_silence_when_confident: old, ...rest } = update;
  return old === undefined ? rest : { min_turn_silence: old, ...rest };
}

/** Resolves when all that was sent so far has left the process: a ping goes after it, and tells when it went. */
function written(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.ping(undefined, undefined, resolve);
    } catch {
      resolve(); // closed meanwhile
    }
  });
}

import type { StreamingTranscriber } from 'assemblyai/streaming';
import { Observable, defer, switchMap, throwError, timeout } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { bytesToMs } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import { TranscriptionError } from '../errors.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { Credential } from './credential.ts';
import { DirectObserver } from './directObserver.ts';
import { failure } from './failure.ts';
import { FinalDetector } from './finalDetector.ts';
import type { Link, OpenLink, Socket } from './link.ts';
import { readMessage } from './message.ts';
import type { Message, SessionEvent } from './message.ts';
import type { SessionSettings } from './settings.ts';
import { PingLink } from './pingLink.ts';
import { loadSdk, newTranscriber, send, socketOf } from './transcriber.ts';

/** How long an unformatted final waits for its formatted copy, in milliseconds; they usually arrive together. */
const COPY_TIMEOUT_MS = 2000;
/** How many bytes the socket may buffer before the input is paused: 2 s of 16 kHz 16-bit mono. */
const MAX_BUFFERED = 64_000;
/** How long an `Error` without a code waits for the close that has it, in milliseconds. */
const ERROR_CLOSE_MS = 1000;
/** Turns that arrive after `Terminate` prolong the wait for `Termination`, up to this factor. */
const LONGEST_TERMINATION = 4;

/**
 * Runs one session with the service, from `Begin` to `Termination`, on the official SDK.
 *
 * Cold: subscribing gets the credential and connects. Before `Begin` nothing is sent, and `input` is not subscribed. There
 * are no retries here. Turns have `isFinal` set exactly once for each `turn_order`; clock and numbers are the session's own.
 *
 * | What happens                           | `input`      | The session                                  | Downstream                |
 * | -------------------------------------- | ------------ | -------------------------------------------- | ------------------------- |
 * | input completes                        | finalized    | `Terminate`, then waits for `Termination`    | last turns, then complete |
 * | clean close after `Terminate`          | finalized    | closed                                       | last turns, then complete |
 * | no `Termination` in time               | finalized    | closed                                       | retryable network error   |
 * | input errors                           | finalized    | `Terminate`, closed at once                  | that error                |
 * | credential or connection fails         | untouched    | given up                                     | typed error               |
 * | no `Begin` in time                     | untouched    | given up                                     | retryable network error   |
 * | `Error` message, with close or without | unsubscribed | closed                                       | typed error               |
 * | unexpected close                       | unsubscribed | closed                                       | typed error               |
 * | the connection is dead                 | unsubscribed | closed                                       | retryable network error   |
 * | downstream unsubscribes                | unsubscribed | `Terminate`, closed at once                  | nothing                   |
 * | an operator downstream throws          | unsubscribed | `Terminate`, closed at once                  | its error                 |
 * | non-JSON or binary message             | goes on      | goes on                                      | a `Warning`               |
 *
 * Afterwards no timer or listener is left, and the socket is gone within a second.
 *
 * @param input Audio frames and control messages, sent in this order. Its completion ends the session. The memory of a frame
 * belongs to the tape, which may use it again once `next` has returned: by then the socket has masked or copied the frame.
 * @param settings Checked options.
 */
export function session(
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
): Observable<SessionEvent> {
  return sessionOver((socket) => new PingLink(socket), input, settings, loadProxy);
}

/** Makes a transcriber connect in a way that the SDK has no option for. */
type Connector = (transcriber: StreamingTranscriber, credential: Credential) => void;
type LoadConnector = (settings: SessionSettings) => Promise<Connector | undefined>;

/** What connects through a proxy or an agent, if there is one; its packages are loaded only then. */
async function loadProxy({ agent, params, connectTimeout }: SessionSettings): Promise<Connector | undefined> {
  if (!agent && !Object.keys(process.env).some((name) => /_proxy$/i.test(name))) return undefined;
  const { connectThrough, proxyFor } = await import('./proxy.ts');
  const proxy = proxyFor(params.websocketBaseUrl, agent);
  return proxy && ((transcriber, credential) => connectThrough(transcriber, credential, proxy, connectTimeout));
}

/** As `session`, with the links of another runtime. */
export function sessionOver(
  openLink: OpenLink,
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
  loadConnector: LoadConnector = () => Promise.resolve(undefined),
): Observable<SessionEvent> {
  const { connectTimeout } = settings;
  const late = (): TranscriptionError => failure(undefined, `no key or token within ${connectTimeout} ms`);
  return defer(() => Promise.all([loadSdk(), settings.credential(), loadConnector(settings)])).pipe(
    timeout({ first: connectTimeout, with: () => throwError(late) }),
    switchMap(([Transcriber, credential, connector]) => {
      const transcriber = newTranscriber(Transcriber, settings, credential);
      connector?.(transcriber, credential);
      return new Observable<SessionEvent>((subscriber) => {
        const run = new Run(transcriber, input, settings, subscriber, credential);
        subscriber.add(() => run.close());
        run.connect(openLink);
      });
    }),
  );
}

/**
 * One subscription of `session`: a state machine over the SDK's transcriber and its socket. It is one class because each
 * message, close and timer means something else in each state.
 */
class Run {
  readonly #transcriber: StreamingTranscriber;
  readonly #input: Observable<Uint8Array | ControlMessage>;
  readonly #settings: SessionSettings;
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #credential: Credential;
  readonly #finals: FinalDetector;
  #link: Link | undefined;
  #state: 'connecting' | 'begun' | 'terminating' | 'terminated' = 'connecting';
  #socketError: Error | undefined;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the wait for `Termination`, or for the close after an `Error` without a code. */
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  /** The text of an `Error` without a code. */
  #errorText: string | undefined;
  #sentSince: number | undefined;
  #sentMs = 0;
  /** Up to where the service sent words, in milliseconds of this session. */
  #wordsUpToMs = 0;
  /** How long to wait for `Termination` after `Terminate` and after each turn, and when to stop waiting. */
  #terminationTimeout = 0;
  #terminateBy = 0;

  constructor(
    transcriber: StreamingTranscriber,
    input: Observable<Uint8Array | ControlMessage>,
    settings: SessionSettings,
    subscriber: Subscriber<SessionEvent>,
    credential: Credential,
  ) {
    this.#transcriber = transcriber;
    this.#input = input;
    this.#settings = settings;
    this.#subscriber = subscriber;
    this.#credential = credential;
    this.#finals = new FinalDetector(settings.awaitFormatted);
  }

  connect(openLink: OpenLink): void {
    this.#transcriber.on('close', (code, reason) => this.#closed(code, reason));
    this.#transcriber.on('error', (error) => {
      this.#socketError = error; // the close that follows has the code
      // the service may go on sending what cannot be read, so its close may come late
      if ('code' in error && String(error.code).startsWith('WS_ERR_')) this.#fail(1006, error.message, error);
    });
    const connected = this.#transcriber.connect();
    const socket = socketOf(this.#transcriber);
    if (socket) {
      this.#link = openLink(socket);
      this.#interceptMessages(socket, this.#link);
    }
    connected.catch((error: Error & { code?: unknown }) => {
      const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
      this.#fail(
        status ? Number(status) : typeof error.code === 'number' ? error.code : undefined,
        error.message,
        error,
      );
    });
  }

  /** Releases everything; safe in every state, and more than once. */
  close(): void {
    clearTimeout(this.#copyTimer);
    clearTimeout(this.#endTimer);
    const link = this.#link;
    this.#link = undefined;
    if (this.#state === 'begun') this.#transcriber.close(false).catch(() => {});
    // while connecting, the SDK notices this and clears its own timer
    link?.end(this.#state === 'connecting' || this.#state === 'terminating');
    this.#state = 'terminated';
  }

  /** Replaces the SDK's message listener, which throws on unexpected messages, except for the messages it needs. */
  #interceptMessages(socket: Socket, link: Link): void {
    const sdkListener = socket.onmessage;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it replaces the SDK's own
    socket.onmessage = (event) => {
      const { type, message, warnings } = readMessage(event.data, { from: this.#finals.upToMs, to: this.#sentMs });
      link.received(type);
      if (message?.type !== 'Begin') this.#warn(warnings);
      if (message === undefined) return;
      if (message.type === 'Begin') {
        if (this.#state !== 'connecting') return;
        sdkListener?.(event);
        this.#start(message);
        this.#warn(warnings); // a session's first event is its Begin
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
        this.#wordsUpToMs = Math.max(this.#wordsUpToMs, message.words.at(-1)?.end ?? 0);
        this.#emitAll(this.#finals.accept(message));
        this.#awaitCopy();
        if (this.#state === 'terminating') this.#awaitTermination();
        break;
      case 'SpeechStarted':
      case 'SpeakerRevision':
      case 'Heartbeat':
      case 'Silence':
      case 'LLMGatewayResponse':
        this.#emit(message);
        break;
      case 'Warning':
        this.#emit({ ...message, warning: this.#redact(message.warning) });
        break;
      default:
        this.#failed(message.error, message.error_code);
    }
  }

  #start(message: Extract<SessionEvent, { type: 'Begin' }>): void {
    this.#state = 'begun';
    this.#link?.watch(this.#settings.stallTimeout, (reason) => this.#fail(undefined, reason));
    this.#emit(message);
    const sending = new DirectObserver<Uint8Array | ControlMessage>({
      next: (item) => this.#send(item),
      error: (error) => this.#subscriber.error(error),
      complete: () => this.#terminate(),
    });
    // before subscribing: recorded audio is sent synchronously, and must stop when the session ends
    this.#subscriber.add(sending);
    sending.add(this.#input.subscribe(sending));
  }

  #send(item: Uint8Array | ControlMessage): void {
    const link = this.#link;
    if (!link?.open) return; // its close event follows
    if (!ArrayBuffer.isView(item)) return send(this.#transcriber, item);
    send(this.#transcriber, link.readsLater ? item.slice() : item);
    this.#sentSince ??= monotonicNow();
    this.#sentMs += bytesToMs(item.length, this.#settings.format);
    link.sent(item.length);
    if (link.bufferedBytes > MAX_BUFFERED) pauseSource(() => link.flushed());
  }

  /** An `Error` message; without a code, the close that follows has it. */
  #failed(text: string, code: number | undefined): void {
    if (code !== undefined) return this.#fail(code, text);
    this.#errorText ??= text;
    this.#endTimer ??= setTimeout(() => this.#fail(undefined, text), ERROR_CLOSE_MS);
  }

  /** A clean close after `Terminate` is the end, even without `Termination`. */
  #closed(code: number, reason: string): void {
    const isClean = code === 1000 || code === 1005;
    if (this.#state !== 'terminating' || !isClean || this.#errorText !== undefined) {
      return this.#fail(code, reason, this.#socketError);
    }
    this.#state = 'terminated';
    this.#emitAll(this.#finals.flush());
    this.#subscriber.complete();
  }

  #terminate(): void {
    if (this.#state !== 'begun') return;
    if (!this.#link?.open) return this.#fail(1006, '', this.#socketError); // it has just closed
    this.#state = 'terminating';
    // the service may be no faster than real time, unless its words show that it is
    const elapsed = this.#sentSince === undefined ? 0 : monotonicNow() - this.#sentSince;
    const behind = Math.max(0, this.#sentMs - Math.max(elapsed, this.#wordsUpToMs));
    this.#terminationTimeout = this.#settings.terminationTimeout + Math.ceil(behind);
    this.#terminateBy = monotonicNow() + LONGEST_TERMINATION * this.#terminationTimeout;
    this.#transcriber.close(true, 0).catch(() => {}); // 0: this class limits the wait
    this.#awaitTermination();
  }

  /** Waits for `Termination`; each turn shows that the service is still working, and starts the wait again. */
  #awaitTermination(): void {
    clearTimeout(this.#endTimer);
    const wait = Math.min(this.#terminationTimeout, this.#terminateBy - monotonicNow());
    this.#endTimer = setTimeout(
      () => this.#fail(undefined, `no Termination within ${this.#terminationTimeout} ms`),
      wait,
    );
  }

  #terminated(message: Extract<SessionEvent, { type: 'Termination' }>): void {
    const requested = this.#state === 'terminating';
    this.#state = 'terminated';
    this.#emitAll(this.#finals.flush());
    this.#emit(message);
    if (requested) this.#subscriber.complete();
    else this.#fail(1000, 'Termination');
  }

  #awaitCopy(): void {
    clearTimeout(this.#copyTimer);
    if (!this.#finals.awaitsCopy) return;
    this.#copyTimer = setTimeout(() => this.#emitAll(this.#finals.flush()), COPY_TIMEOUT_MS);
  }

  #fail(wireCode: number | undefined, reason: string, cause?: Error & { code?: unknown }): void {
    const text = this.#redact(
      this.#errorText || reason || cause?.message || (typeof cause?.code === 'string' ? cause.code : ''),
    );
    const options = { retryable: true, ...(cause && { cause }) };
    if (wireCode === undefined && this.#errorText !== undefined) {
      const message = `the service reported an error without a code: ${text}`;
      return this.#subscriber.error(new TranscriptionError('service', message, options));
    }
    const error = failure(wireCode, text, cause, 'token' in this.#credential ? 'token' : 'key');
    const renewable = this.#settings.freshCredential && error.kind === 'unauthorized' && /expired/i.test(text);
    this.#subscriber.error(renewable ? failure(3008, text, error) : error);
  }

  #warn(texts: readonly string[]): void {
    for (const text of texts) this.#emit({ type: 'Warning', warning_code: 0, warning: this.#redact(text) });
  }

  #redact(text: string): string {
    const secret = 'token' in this.#credential ? this.#credential.token : this.#credential.apiKey;
    return text.replaceAll(secret, '[key]');
  }

  #emit(event: SessionEvent): void {
    this.#subscriber.next(event);
  }

  #emitAll(events: readonly SessionEvent[]): void {
    for (const event of events) this.#emit(event);
  }
}

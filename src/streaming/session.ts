import type { StreamingTranscriber } from 'assemblyai/streaming';
import { Observable, defer, switchMap, takeWhile, throwError, timeout } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { bytesToMs } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import type { TranscriptionError } from '../errors.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { Credential } from './credential.ts';
import { failure } from './failure.ts';
import { FinalDetector } from './finalDetector.ts';
import type { Link, OpenLink, Socket } from './link.ts';
import { readMessage } from './message.ts';
import type { Message, SessionEvent } from './message.ts';
import type { SessionSettings } from './settings.ts';
import { PingLink } from './pingLink.ts';
import { loadSdk, newTranscriber, send, socketOf } from './transcriber.ts';

/** How long an unformatted final waits for its formatted copy, in milliseconds; they were seen to come together. */
const COPY_TIMEOUT_MS = 2000;
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
  return sessionOver((socket) => new PingLink(socket), input, settings);
}

/** As `session`, over connections that are watched and ended by other means than those of Node. */
export function sessionOver(
  openLink: OpenLink,
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
): Observable<SessionEvent> {
  const { connectTimeout } = settings;
  const late = (): TranscriptionError => failure(undefined, `no key or token within ${connectTimeout} ms`);
  return defer(() => Promise.all([loadSdk(), settings.credential()])).pipe(
    timeout({ first: connectTimeout, with: () => throwError(late) }),
    switchMap(([Transcriber, credential]) => {
      const transcriber = newTranscriber(Transcriber, settings, credential);
      return new Observable<SessionEvent>((subscriber) => {
        const run = new Run(transcriber, input, settings, subscriber, credential);
        subscriber.add(() => run.close());
        run.connect(openLink);
      });
    }),
  );
}

/** One subscription of `session`: a state machine over the SDK's transcriber and its socket. */
class Run {
  readonly #transcriber: StreamingTranscriber;
  readonly #input: Observable<Uint8Array | ControlMessage>;
  readonly #settings: SessionSettings;
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #credential: Credential;
  readonly #finals: FinalDetector;
  #link: Link | undefined;
  #state: 'dialling' | 'begun' | 'terminating' | 'terminated' = 'dialling';
  #socketError: Error | undefined;
  #copyTimer: ReturnType<typeof setTimeout> | undefined;
  #sentSince: number | undefined;
  #sentMs = 0;
  /** Up to where the service told of words, in milliseconds of this session. */
  #toldMs = 0;

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
    this.#transcriber.on('close', (code, reason) => this.#fail(code, reason, this.#socketError));
    this.#transcriber.on('error', (error) => {
      this.#socketError = error; // its close follows, and tells the code
    });
    const connected = this.#transcriber.connect();
    const socket = socketOf(this.#transcriber);
    if (socket) {
      this.#link = openLink(socket);
      this.#guard(socket, this.#link);
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

  /** Ends whatever is still going on; safe in every state, and more than once. */
  close(): void {
    clearTimeout(this.#copyTimer);
    const link = this.#link;
    this.#link = undefined;
    if (this.#state === 'begun') this.#transcriber.close(false).catch(() => {});
    // while dialling, the SDK hears of it and drops its own timer
    link?.end(this.#state === 'dialling' || this.#state === 'terminating');
    this.#state = 'terminated';
  }

  /** Puts a guard before the SDK's message listener, which would throw on what it does not expect. */
  #guard(socket: Socket, link: Link): void {
    const sdkListener = socket.onmessage;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it replaces the SDK's own
    socket.onmessage = (event) => {
      const { type, message, warnings } = readMessage(event.data, { from: this.#finals.upToMs, to: this.#sentMs });
      link.received(type);
      const warn = (): void =>
        this.#tellAll(warnings.map((text) => ({ type: 'Warning', warning_code: 0, warning: text })));
      if (message?.type !== 'Begin') warn();
      if (message === undefined) return;
      if (message.type === 'Begin') {
        if (this.#state !== 'dialling') return;
        sdkListener?.(event);
        this.#begin(message);
        warn(); // a session's first event is its Begin
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
        this.#tellAll(this.#finals.accept(message));
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
        this.#fail(message.error_code, message.error);
    }
  }

  #begin(message: Extract<SessionEvent, { type: 'Begin' }>): void {
    this.#state = 'begun';
    this.#link?.watch(this.#settings.stallTimeout, (why) => this.#fail(undefined, why));
    this.#tell(message);
    // what is there to be sent already is sent in one go, and may have to end in the middle of it
    const inputs = this.#input.pipe(takeWhile(() => !this.#subscriber.closed)).subscribe({
      next: (item) => this.#send(item),
      error: (error: unknown) => this.#subscriber.error(error),
      complete: () => this.#terminate(),
    });
    this.#subscriber.add(inputs);
  }

  #send(item: Uint8Array | ControlMessage): void {
    const link = this.#link;
    if (!link?.open) return; // its close is on the way, and tells
    send(this.#transcriber, item);
    if (!ArrayBuffer.isView(item)) return;
    this.#sentSince ??= monotonicNow();
    this.#sentMs += bytesToMs(item.length, this.#settings.format);
    link.sent(item.length);
    if (link.bufferedBytes > MAX_BUFFERED) pauseSource(() => link.flushed());
  }

  #terminate(): void {
    if (this.#state !== 'begun') return;
    if (!this.#link?.open) return this.#fail(1006, '', this.#socketError); // it is just going
    this.#state = 'terminating';
    // the service is not counted on to be faster than real time, unless it shows that it is
    const elapsed = this.#sentSince === undefined ? 0 : monotonicNow() - this.#sentSince;
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
    this.#tellAll(this.#finals.flush());
    this.#tell(message);
    if (asked) this.#subscriber.complete();
    else this.#fail(1000, 'Termination');
  }

  #awaitCopy(): void {
    clearTimeout(this.#copyTimer);
    if (!this.#finals.awaitsCopy) return;
    this.#copyTimer = setTimeout(() => this.#tellAll(this.#finals.flush()), COPY_TIMEOUT_MS);
  }

  #fail(wireCode: number | undefined, reason: string, cause?: Error & { code?: unknown }): void {
    const said = reason || cause?.message || (typeof cause?.code === 'string' ? cause.code : '');
    const [name, secret] =
      'token' in this.#credential
        ? (['token', this.#credential.token] as const)
        : (['key', this.#credential.apiKey] as const);
    const told = said.replaceAll(secret, '[key]');
    const error = failure(wireCode, told, cause, name);
    const renewable = this.#settings.freshCredential && error.kind === 'unauthorized' && /expired/i.test(said);
    this.#subscriber.error(renewable ? failure(3008, told, error) : error);
  }

  #tell(event: SessionEvent): void {
    this.#subscriber.next(event);
  }

  #tellAll(events: readonly SessionEvent[]): void {
    for (const event of events) this.#tell(event);
  }
}

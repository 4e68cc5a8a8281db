import { randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { pauseSource } from '../backpressure.ts';
import { TranscriptionError } from '../errors.ts';
import type { SessionEvent } from '../streaming/message.ts';
import type { EngineConfig, EngineOutput } from './engine/engineMessages.ts';
import { EngineChild } from './engineChild.ts';

/**
 * How much audio may wait for the engine before its source is paused, in bytes: 2 s. The relay takes audio that was sent 10 s
 * ago for processed, so this must stay well below.
 */
const MAX_WAITING_BYTES = 64_000;

/** The process of a session, as far as the session uses it. */
type Engine = Pick<EngineChild, 'listen' | 'send' | 'kill'>;

/** What a session on this device needs besides its audio. */
export interface LocalSessionSettings {
  readonly engine: EngineConfig;
  /** How long the engine may take to load its model, in milliseconds. */
  readonly connectTimeout: number;
  /** How long the engine may take for audio that it holds, in milliseconds; then it is taken to hang. */
  readonly stallTimeout: number;
}

/**
 * Runs one session on this device, from `Begin` to `Termination`, in a child process.
 *
 * Cold: subscribing starts the process, which loads the model; `input` is subscribed after `Begin`. The source is paused while
 * more than 2 s of audio wait. The process ends with the subscription, and when this process dies.
 *
 * | What happens                          | `input`      | The process     | Downstream                   |
 * | ------------------------------------- | ------------ | --------------- | ---------------------------- |
 * | input completes                       | finalized    | ends by itself  | last turns, then complete    |
 * | input errors                          | finalized    | killed          | that error                   |
 * | the engine or a model does not load   | untouched    | ends            | `engine` error, final        |
 * | the process dies after `Begin`        | unsubscribed | is gone         | `engine` error, retryable    |
 * | audio not processed in `stallTimeout` | unsubscribed | killed          | `engine` error, retryable    |
 * | downstream unsubscribes               | unsubscribed | killed          | nothing                      |
 *
 * @param start Returns the process of the session.
 */
export function localSession(
  input: Observable<Uint8Array | ControlMessage>,
  settings: LocalSessionSettings,
  start: () => Engine = () => new EngineChild(settings.engine),
): Observable<SessionEvent> {
  return new Observable((subscriber) => {
    const run = new EngineRun(input, settings, subscriber, start());
    subscriber.add(() => run.close());
  });
}

/** One subscription of `localSession`. */
class EngineRun {
  readonly #input: Observable<Uint8Array | ControlMessage>;
  readonly #settings: LocalSessionSettings;
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #child: Engine;
  #begun = false;
  #waiting = 0;
  #resume: (() => void)[] = [];
  #isEnding = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(
    input: Observable<Uint8Array | ControlMessage>,
    settings: LocalSessionSettings,
    subscriber: Subscriber<SessionEvent>,
    child: Engine,
  ) {
    this.#input = input;
    this.#settings = settings;
    this.#subscriber = subscriber;
    this.#child = child;
    this.#watch(settings.connectTimeout, `it did not load its model within ${settings.connectTimeout} ms`, true);
    child.listen({
      onMessage: (message) => this.#receive(message),
      onExit: (reason) => this.#fail(reason, this.#begun),
    });
  }

  close(): void {
    clearTimeout(this.#watchdog);
    for (const resume of this.#resume.splice(0)) resume();
    this.#child.kill();
  }

  #receive(message: EngineOutput): void {
    if (this.#subscriber.closed) return;
    switch (message.type) {
      case 'ready':
        this.#begin();
        break;
      case 'processed':
        this.#processed(message.bytes);
        break;
      case 'failed':
        this.#fail(message.reason, false);
        break;
      case 'event':
        this.#subscriber.next(message.event);
        if (message.event.type === 'Termination') this.#subscriber.complete();
    }
  }

  #begin(): void {
    this.#begun = true;
    clearTimeout(this.#watchdog);
    this.#subscriber.next({ type: 'Begin', id: randomUUID(), expires_at: 0 }); // 0: it does not expire
    const sending = this.#input.subscribe({
      next: (item) => {
        if (item instanceof Uint8Array) this.#sendAudio(item);
        else this.#control(item);
      },
      error: (error: unknown) => this.#subscriber.error(error),
      complete: () => {
        this.#isEnding = true;
        this.#child.send({ type: 'end' });
        this.#watchProgress();
      },
    });
    this.#subscriber.add(sending);
  }

  #sendAudio(bytes: Uint8Array): void {
    this.#waiting += bytes.byteLength;
    this.#child.send({ type: 'audio', bytes, waiting: this.#waiting });
    if (this.#waiting === bytes.byteLength) this.#watchProgress();
    if (this.#waiting > MAX_WAITING_BYTES) {
      pauseSource(() => new Promise((resolve) => this.#resume.push(resolve)));
    }
  }

  #control(message: ControlMessage): void {
    if (message.type === 'ForceEndpoint') this.#child.send({ type: 'forceEndpoint' });
    if (message.type !== 'UpdateConfiguration') return;
    const warning = 'the configuration of a session on this device cannot be changed; UpdateConfiguration was ignored';
    this.#subscriber.next({ type: 'Warning', warning_code: 0, warning });
  }

  #processed(bytes: number): void {
    this.#waiting -= bytes;
    this.#watchProgress();
    if (this.#waiting <= MAX_WAITING_BYTES / 2) for (const resume of this.#resume.splice(0)) resume();
  }

  /** Expects the engine to process something in time, as long as it has something to process or to end. */
  #watchProgress(): void {
    clearTimeout(this.#watchdog);
    const { stallTimeout } = this.#settings;
    if (this.#waiting > 0 || this.#isEnding)
      this.#watch(stallTimeout, `it processed no audio for ${stallTimeout} ms`, true);
  }

  #watch(ms: number, reason: string, retryable: boolean): void {
    this.#watchdog = setTimeout(() => this.#fail(reason, retryable), ms);
  }

  #fail(reason: string, retryable: boolean): void {
    this.#subscriber.error(engineError(reason, retryable));
  }
}

/** An error of the engine, in one line. */
export function engineError(reason: string, retryable: boolean): TranscriptionError {
  return new TranscriptionError('engine', `the engine on this device failed: ${reason}`, { retryable });
}

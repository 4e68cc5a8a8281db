import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { pauseSource } from '../backpressure.ts';
import { TranscriptionError } from '../errors.ts';
import type { SessionEvent } from '../streaming/message.ts';
import type { EngineConfig, EngineInput, EngineOutput } from './engine/engineMessages.ts';

const ENGINE = fileURLToPath(new URL('./engine/engineProcess.js', import.meta.url));
/**
 * How much audio may wait for the engine before its source is paused, in bytes: 2 s. The relay takes audio that was sent 10 s
 * ago for processed, so this must stay well below.
 */
const MAX_WAITING_BYTES = 64_000;
/** How much of what the engine wrote to stderr is kept for the message, in characters. */
const STDERR_LENGTH = 2000;

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
 */
export function localSession(
  input: Observable<Uint8Array | ControlMessage>,
  settings: LocalSessionSettings,
): Observable<SessionEvent> {
  return new Observable((subscriber) => {
    const run = new EngineRun(input, settings, subscriber);
    subscriber.add(() => run.close());
  });
}

/** One subscription of `localSession`. */
class EngineRun {
  readonly #input: Observable<Uint8Array | ControlMessage>;
  readonly #settings: LocalSessionSettings;
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #child: ChildProcess;
  #begun = false;
  #stderr = '';
  #waiting = 0;
  #resume: (() => void)[] = [];
  #isEnding = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(
    input: Observable<Uint8Array | ControlMessage>,
    settings: LocalSessionSettings,
    subscriber: Subscriber<SessionEvent>,
  ) {
    this.#input = input;
    this.#settings = settings;
    this.#subscriber = subscriber;
    const { ASSEMBLYAI_API_KEY: _, ...env } = process.env;
    this.#child = fork(ENGINE, [JSON.stringify(settings.engine)], {
      serialization: 'advanced', // bytes are copied instead of written as JSON
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LENGTH);
    });
    this.#child.on('error', (error) => this.#fail(error.message, this.#begun));
    this.#child.on('message', (message) => this.#receive(message as EngineOutput));
    // its last messages may be read after the exit was reported
    this.#child.on('exit', (code, signal) =>
      setImmediate(() => this.#fail(`${reasonIn(this.#stderr)} (${signal ?? `exit code ${code}`})`, this.#begun)),
    );
    this.#watch(settings.connectTimeout, `it did not load its model within ${settings.connectTimeout} ms`, true);
  }

  close(): void {
    clearTimeout(this.#watchdog);
    for (const resume of this.#resume.splice(0)) resume();
    this.#child.kill('SIGKILL'); // it holds nothing that must be saved
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
        this.#send({ type: 'end' });
        this.#watchProgress();
      },
    });
    this.#subscriber.add(sending);
  }

  #sendAudio(bytes: Uint8Array): void {
    this.#waiting += bytes.byteLength;
    this.#send({ type: 'audio', bytes, waiting: this.#waiting });
    if (this.#waiting === bytes.byteLength) this.#watchProgress();
    if (this.#waiting > MAX_WAITING_BYTES) {
      pauseSource(() => new Promise((resolve) => this.#resume.push(resolve)));
    }
  }

  #control(message: ControlMessage): void {
    if (message.type === 'ForceEndpoint') this.#send({ type: 'forceEndpoint' });
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

  #send(message: EngineInput): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #fail(reason: string, retryable: boolean): void {
    this.#subscriber.error(
      new TranscriptionError('engine', `the engine on this device failed: ${reason}`, { retryable }),
    );
  }
}

/** The line of what the engine wrote to stderr that says most. */
function reasonIn(stderr: string): string {
  const [, native, thrown] = /what\(\):\s*(.*)|(\w*Error: .*)/.exec(stderr) ?? [];
  const last = stderr.trim().split('\n').at(-1);
  return native ?? thrown ?? (last === undefined || last === '' ? 'its process ended' : last);
}

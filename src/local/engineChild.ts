import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineConfig, EngineInput, EngineOutput } from './engine/engineMessages.ts';

const ENGINE = fileURLToPath(new URL('./engine/engineProcess.js', import.meta.url));
/** How much of what the engine wrote to stderr is kept for the message, in characters. */
const STDERR_LENGTH = 2000;

/** What an engine process reports: a message, or why it ended. */
export interface EngineListener {
  readonly onMessage: (message: EngineOutput) => void;
  readonly onExit: (reason: string) => void;
}

/** The process of one session. It starts to load its model at once; what it reports is kept until there is a listener. */
export class EngineChild {
  readonly #child: ChildProcess;
  readonly #onUnusable: (reason: string) => void;
  #stderr = '';
  #listener: EngineListener | undefined;
  #early: EngineOutput[] = [];
  #endedBecause: string | undefined;

  /** @param onUnusable Called if it ends, or cannot start, while there is no listener. */
  constructor(config: EngineConfig, onUnusable: (reason: string) => void = () => undefined) {
    this.#onUnusable = onUnusable;
    const { ASSEMBLYAI_API_KEY: _, ...env } = process.env;
    this.#child = fork(ENGINE, [JSON.stringify(config)], {
      serialization: 'advanced', // bytes are copied instead of written as JSON
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LENGTH);
    });
    this.#child.on('error', (error) => this.#ended(error.message));
    this.#child.on('message', (message) => this.#received(message as EngineOutput));
    // its last messages may be read after the exit was reported
    this.#child.on('exit', (code, signal) =>
      setImmediate(() => this.#ended(`${reasonIn(this.#stderr)} (${signal ?? `exit code ${code}`})`)),
    );
  }

  /** Passes on what was reported so far, and from now on. */
  listen(listener: EngineListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener.onMessage(message);
    if (this.#endedBecause !== undefined) listener.onExit(this.#endedBecause);
  }

  send(message: EngineInput): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Ends the process at once: it holds nothing that must be saved. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #received(message: EngineOutput): void {
    if (this.#listener) return this.#listener.onMessage(message);
    this.#early.push(message);
    if (message.type === 'failed') this.#onUnusable(message.reason);
  }

  #ended(reason: string): void {
    this.#endedBecause ??= reason;
    if (this.#listener) this.#listener.onExit(reason);
    else this.#onUnusable(reason);
  }
}

/** The most useful line of what the engine wrote to stderr. */
function reasonIn(stderr: string): string {
  const [, native, thrown] = /what\(\):\s*(.*)|(\w*Error: .*)/.exec(stderr) ?? [];
  const last = stderr.trim().split('\n').at(-1);
  return native ?? thrown ?? (last === undefined || last === '' ? 'its process ended' : last);
}

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const MAIN: string = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** How to start the program. Its environment contains no settings of the program except those given here. */
export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory; by default one without a `.env`. */
  readonly cwd?: string;
  /** Whether it leads a process group, as a command in a terminal does: Ctrl-C there is a signal to the group. */
  readonly isGroup?: boolean;
}

/** The result of a program. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Program {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves when it has ended and its output has been read. */
  readonly outcome: Promise<Outcome>;
}

/** The output of a stream so far, and a way to wait for more. */
export class Output {
  text = '';
  #ended = false;
  readonly #stream: Readable;

  constructor(stream: Readable) {
    this.#stream = stream.setEncoding('utf8');
    stream.on('data', (piece: string) => {
      this.text += piece;
    });
    stream.once('close', () => {
      this.#ended = true;
    });
  }

  /** Resolves with the first match; rejects if the stream ends without one. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match) return match;
      if (this.#ended) throw new Error(`${String(pattern)} was not printed, but: ${this.text}`);
      const seen = new AbortController();
      const { signal } = seen;
      await Promise.race([once(this.#stream, 'data', { signal }), once(this.#stream, 'close', { signal })]);
      seen.abort();
    }
  }
}

const running = new Set<Program>();

/** Starts `rxscribe` with these arguments. */
export function start(args: readonly string[], options: StartOptions = {}): Program {
  return startCommand(process.execPath, [MAIN, ...args], options);
}

/** Starts any command in the same environment. */
export function startCommand(
  command: string,
  args: readonly string[],
  { env, cwd, isGroup }: StartOptions = {},
): Program {
  const child = spawn(command, args, {
    cwd: cwd ?? HERE,
    env: { ...bareEnvironment(), ...env },
    stdio: 'pipe',
    detached: isGroup ?? false,
  });
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  const stdout = new Output(child.stdout);
  const stderr = new Output(child.stderr);
  const outcome = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: stdout.text,
    stderr: stderr.text,
  }));
  const program = { child, stdout, stderr, outcome };
  running.add(program);
  void outcome.then(() => running.delete(program));
  return program;
}

/** Runs `rxscribe` to its end. */
export function rxscribe(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  const program = start(args, options);
  program.child.stdin.end();
  return program.outcome;
}

/** Kills programs that a failed test left running. */
export async function killAll(): Promise<void> {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ outcome }) => outcome));
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(RXSCRIBE_|npm_|ASSEMBLYAI_)/.test(name));
  return Object.fromEntries(kept);
}

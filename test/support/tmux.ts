import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long to wait for text to appear on a screen, in milliseconds. */
const TIMEOUT_MS = 300_000;

/** A terminal emulator that runs a program. */
export interface Screen {
  /** Resolves with the lines of the screen once they match; rejects after a timeout. */
  shows(pattern: RegExp, escapes?: boolean): Promise<string[]>;
  /** Resolves with the lines of the screen once they no longer match. */
  hides(pattern: RegExp): Promise<string[]>;
  /** The lines of the scrollback and the screen, right-trimmed; optionally with escape sequences. */
  lines(escapes?: boolean): Promise<string[]>;
  /** Everything that was written to the terminal, escape sequences included: also what was shown only for a moment. */
  written(): Promise<string>;
  /** Presses keys, under the names of tmux. */
  press(...keys: string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Kills the terminal and everything that runs on it. */
  close(): Promise<void>;
}

/** Returns why there is no tmux, or `undefined` if there is. In CI it is required. */
export async function withoutTmux(): Promise<string | undefined> {
  if (process.env['CI'] === 'true') return undefined;
  return run('tmux', ['-V']).then(
    () => undefined,
    () => 'tmux is absent',
  );
}

/** Opens a terminal whose shell runs a command and then prints its exit code as `exit 0`. */
export async function openScreen(
  command: string,
  env: NodeJS.ProcessEnv,
  [columns, rows]: readonly [number, number] = [80, 24],
): Promise<Screen> {
  const dir = await mkdtemp(join(tmpdir(), 'rxscribe-screen-'));
  const tmux = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('tmux', ['-u', '-S', join(dir, 'socket'), '-f', '/dev/null', ...args]);
    return stdout;
  };
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value ?? ''}`]);
  const shell = `PS1='$ ' exec bash --norc --noprofile -i`;
  await tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, ...variables, '-c', dir, shell);
  const lines = async (escapes = false): Promise<string[]> => {
    const text = await tmux('capture-pane', '-p', '-S', '-1000', ...(escapes ? ['-e'] : []));
    return text.trimEnd().split('\n');
  };
  const until = async (what: string, done: (text: string) => boolean, escapes?: boolean): Promise<string[]> => {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- polls the screen until it is as expected
      const seen = await lines(escapes);
      if (done(seen.join('\n'))) return seen;
      if (performance.now() > deadline) throw new Error(`${what} in time; the screen:\n${seen.join('\n')}`);
      // oxlint-disable-next-line no-await-in-loop -- no more often than it changes
      await pass(30);
    }
  };
  const press = async (...keys: string[]): Promise<void> => void (await tmux('send-keys', ...keys));
  const screen: Screen = {
    lines,
    written: () => readFile(join(dir, 'written'), 'utf8'),
    press,
    shows: (pattern, escapes) => until(`${String(pattern)} did not appear`, (text) => pattern.test(text), escapes),
    hides: (pattern) => until(`${String(pattern)} did not disappear`, (text) => !pattern.test(text)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', `${width}`, '-y', `${height}`)),
    close: async () => {
      await tmux('kill-server').catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
    },
  };
  await screen.shows(/^\$/m);
  await tmux('pipe-pane', `cat >'${join(dir, 'written')}'`);
  await press('-l', `clear; ${command}; echo exit $?`);
  await press('Enter');
  return screen;
}

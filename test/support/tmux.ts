import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long something may take to appear on a screen, in milliseconds. */
const PATIENCE_MS = 60_000;

/** A terminal that a person could look at, with a program on it. */
export interface Screen {
  /** Resolves with the lines on the screen once they match; rejects when that does not happen in time. */
  shows(pattern: RegExp, escapes?: boolean): Promise<string[]>;
  /** Resolves with the lines on the screen once none of them matches any more. */
  hides(pattern: RegExp): Promise<string[]>;
  /** The lines on the screen and above it, without spaces at their ends and empty lines below; escapes where asked for. */
  lines(escapes?: boolean): Promise<string[]>;
  /** Presses keys, by the names that tmux gives them. */
  press(...keys: string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Ends the terminal with all that runs on it. */
  close(): Promise<void>;
}

/** Tells why there can be no terminal here, or `undefined` where there can. In CI it always can. */
export async function withoutTmux(): Promise<string | undefined> {
  if (process.env['CI'] === 'true') return undefined;
  return run('tmux', ['-V']).then(
    () => undefined,
    () => 'tmux is absent',
  );
}

/** Opens a terminal with a shell on it that runs a command; `$?` of it is shown as `exit 0` when it ended. */
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
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a screen is looked at until it is as expected
      const seen = await lines(escapes);
      if (done(seen.join('\n'))) return seen;
      if (performance.now() > deadline) throw new Error(`${what} in time; the screen:\n${seen.join('\n')}`);
      // oxlint-disable-next-line no-await-in-loop -- and not more often than it changes
      await pass(30);
    }
  };
  const press = async (...keys: string[]): Promise<void> => void (await tmux('send-keys', ...keys));
  const screen: Screen = {
    lines,
    press,
    shows: (pattern, escapes) => until(`${String(pattern)} did not show`, (text) => pattern.test(text), escapes),
    hides: (pattern) => until(`${String(pattern)} did not go`, (text) => !pattern.test(text)),
    resize: async (width, height) => void (await tmux('resize-window', '-x', `${width}`, '-y', `${height}`)),
    close: async () => {
      await tmux('kill-server').catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
    },
  };
  await screen.shows(/^\$/m);
  await press('-l', `clear; ${command}; echo exit $?`);
  await press('Enter');
  return screen;
}

import { emitKeypressEvents } from 'node:readline';
import type { Key } from 'node:readline';
import { addExitHook } from './exitHook.ts';

/** What each key does, by Node's name of the key: `space`, `return`, `m`. */
export type KeyActions = Readonly<Record<string, () => void>>;

/** The signals that a terminal sends for Ctrl and a letter, except in raw mode. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = { c: 'SIGINT', z: 'SIGTSTP', '\\': 'SIGQUIT' };

/**
 * Reads single keys from the terminal at stdin. Ctrl-C, Ctrl-Z and Ctrl-\ still signal the whole process group. The
 * terminal leaves raw mode when the process ends or is suspended.
 *
 * @param onSuspend Called before the process is suspended or killed by a key.
 * @returns Stops reading keys.
 */
export function listenToKeys(actions: KeyActions, onSuspend: () => void): () => void {
  const { stdin } = process;
  const setRaw = (on: boolean): void => void stdin.setRawMode(on);
  const onKey = (_: unknown, { name = '', ctrl = false, sequence }: Key): void => {
    const signal = ctrl ? SIGNALS[sequence === '\u001c' ? '\\' : name] : undefined;
    if (signal === undefined) return ctrl ? undefined : actions[name]?.();
    if (signal !== 'SIGINT') {
      setRaw(false);
      onSuspend();
    }
    process.kill(process.platform === 'win32' ? process.pid : 0, signal);
  };
  const onResume = (): void => setRaw(true);
  const close = (): void => {
    removeHook();
    stdin.off('keypress', onKey).pause();
    process.off('SIGCONT', onResume);
    setRaw(false);
  };
  const removeHook = addExitHook(close);
  emitKeypressEvents(stdin);
  stdin.on('error', () => undefined).on('keypress', onKey);
  setRaw(true);
  stdin.resume();
  process.on('SIGCONT', onResume);
  return close;
}

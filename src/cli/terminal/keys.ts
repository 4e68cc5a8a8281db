import { emitKeypressEvents } from 'node:readline';
import type { Key } from 'node:readline';
import { beforeLeaving } from './exitHook.ts';

/** What happens at a key, by the name Node gives it: `space`, `return`, `m`. */
export type Actions = Readonly<Record<string, () => void>>;

/** What a terminal makes of Ctrl and a letter when it is not told to leave that to the program. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = { c: 'SIGINT', z: 'SIGTSTP', '\\': 'SIGQUIT' };

/**
 * Listens to single keys of the terminal at stdin. Ctrl-C, Ctrl-Z and Ctrl-\ do what they always do, to the whole group of
 * processes; the terminal is left as it was found, whatever happens, and also while the program is suspended.
 *
 * @param leaving Called before the program is suspended, or ended at once.
 * @returns Ends the listening.
 */
export function listenToKeys(actions: Actions, leaving: () => void): () => void {
  const { stdin } = process;
  const raw = (on: boolean): void => void stdin.setRawMode(on);
  const pressed = (_: unknown, { name = '', ctrl = false, sequence }: Key): void => {
    const signal = ctrl ? SIGNALS[sequence === '\u001c' ? '\\' : name] : undefined;
    if (signal === undefined) return ctrl ? undefined : actions[name]?.();
    if (signal !== 'SIGINT') {
      raw(false);
      leaving();
    }
    process.kill(process.platform === 'win32' ? process.pid : 0, signal);
  };
  const goesOn = (): void => raw(true);
  const close = (): void => {
    release();
    stdin.off('keypress', pressed).pause();
    process.off('SIGCONT', goesOn);
    raw(false);
  };
  const release = beforeLeaving(close);
  emitKeypressEvents(stdin);
  stdin.on('error', () => undefined).on('keypress', pressed);
  raw(true);
  stdin.resume();
  process.on('SIGCONT', goesOn);
  return close;
}

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** How long after the first signal another one may be the same Ctrl-C, in milliseconds. */
const ECHO_MS = 1000;

/** Set for a process whose parent passes signals on, on top of those that the terminal sends to both. */
export const RELAYED = 'RXSCRIBE_SIGNALS_RELAYED';

/** How a running command is told to stop. */
export interface Interruption {
  /** Aborts at the first Ctrl-C or SIGTERM: the graceful end. */
  readonly stop: AbortSignal;
  /** Asks for the graceful end, as the first Ctrl-C does; once. */
  readonly end: () => void;
  /** Stops listening: from then on a signal does what it does to any program. */
  readonly release: () => void;
}

/**
 * Listens for Ctrl-C and SIGTERM. The first asks for a graceful end, the second ends the process there and then, with 128
 * and the number of the signal as its exit code: 130 for Ctrl-C.
 *
 * @param told Called at the first signal.
 * @param left Called just before the process ends at the second.
 */
export function interruption(told: () => void, left: () => void): Interruption {
  const controller = new AbortController();
  let first = 0;
  const end = (): void => {
    if (controller.signal.aborted) return;
    first = performance.now();
    told();
    controller.abort();
  };
  const handle = (signal: (typeof SIGNALS)[number]): void => {
    if (!controller.signal.aborted) {
      end();
    } else if (!isEcho(performance.now() - first)) {
      left();
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    stop: controller.signal,
    end,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, handle);
    },
  };
}

/** Run by npm or by `rxscribe demo`, a process gets each Ctrl-C from the terminal and once more from its parent. */
function isEcho(afterMs: number): boolean {
  const byNpm = /\brxscribe\b|\bcli[\\/]main\b/.test(process.env['npm_lifecycle_script'] ?? '');
  return afterMs < ECHO_MS && (byNpm || RELAYED in process.env);
}

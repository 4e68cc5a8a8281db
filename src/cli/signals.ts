import { constants } from 'node:os';

/** SIGHUP means that the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How long after the first signal another one may be the same Ctrl-C, in milliseconds. */
const ECHO_MS = 1000;

/** Set for a child process whose parent forwards signals, in addition to those that the terminal sends to both. */
export const SIGNALS_FORWARDED = 'RXSCRIBE_SIGNALS_FORWARDED';

export interface SignalHandler {
  /** Aborts at the first signal: the graceful end. */
  readonly stop: AbortSignal;
  /** Requests the graceful end, as the first signal does. Later calls do nothing. */
  readonly end: () => void;
  /** Restores the default effect of signals. */
  readonly release: () => void;
}

/**
 * Handles Ctrl-C, SIGTERM and SIGHUP. The first signal requests a graceful end. The second ends the process immediately, with 128
 * plus the number of the signal as exit code: 130 for Ctrl-C.
 *
 * @param onFirst Called at the first signal.
 * @param onSecond Called just before the process ends at the second.
 */
export function handleSignals(onFirst: () => void, onSecond: () => void): SignalHandler {
  const controller = new AbortController();
  let firstAt = 0;
  const end = (): void => {
    if (controller.signal.aborted) return;
    firstAt = performance.now();
    onFirst();
    controller.abort();
  };
  const handle = (signal: (typeof SIGNALS)[number]): void => {
    if (!controller.signal.aborted) {
      end();
    } else if (!isEcho(performance.now() - firstAt)) {
      onSecond();
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

/** A child process of npm or `rxscribe demo` receives each Ctrl-C twice: from the terminal and from its parent. */
function isEcho(afterMs: number): boolean {
  const byNpm = /\brxscribe\b|\bcli[\\/]main\b/.test(process.env['npm_lifecycle_script'] ?? '');
  return afterMs < ECHO_MS && (byNpm || SIGNALS_FORWARDED in process.env);
}

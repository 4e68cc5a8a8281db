/** The longest delay that `setTimeout` accepts. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The named timers of one session. Setting a timer again replaces it; all are cancelled when the session ends. */
export class Timers {
  readonly #running = new Map<string, NodeJS.Timeout>();

  /** Runs `task` once after `ms` milliseconds; never for Infinity. */
  after(name: string, ms: number, task: () => void): void {
    this.cancel(name);
    if (ms <= MAX_DELAY_MS) this.#running.set(name, setTimeout(task, ms));
  }

  every(name: string, ms: number, task: () => void): void {
    this.cancel(name);
    this.#running.set(name, setInterval(task, ms));
  }

  cancel(name: string): void {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const name of this.#running.keys()) this.cancel(name);
  }
}

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Stats, TranscriptionEvent } from '../../../operators/events.ts';
import type { TranscribeOptions } from '../../streaming/options.ts';

/** Options that may hold a secret, and those that are no data. */
const LEFT_OUT = new Set(['apiKey', 'token', 'control', 'webhookAuthHeaderValue', 'llmGateway']);

/** The small file about a run: when, with what, and how it went. Written at the start, and whole again at the end. */
export class RunRecord {
  readonly #path: string;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #marks: readonly number[];
  readonly #onError: (error: unknown) => void;
  readonly #started = new Date();
  #stats: Stats | undefined;
  #wrote = false;

  constructor(path: string, options: TranscribeOptions, marks: readonly number[], onError: (error: unknown) => void) {
    this.#path = path;
    this.#options = Object.fromEntries(Object.entries(options).filter(([name]) => !LEFT_OUT.has(name)));
    this.#marks = marks;
    this.#onError = onError;
  }

  told(event: TranscriptionEvent): void {
    if (event.type === 'Stats') this.#stats = event;
  }

  /** Writes it, in place of what it was. */
  write(): void {
    const run = {
      started: this.#started.toISOString(),
      ...(this.#wrote && { ended: new Date().toISOString() }),
      versions: { rxscribe: ownVersion(), node: process.versions.node },
      options: this.#options,
      marks: this.#marks,
      stats: this.#stats,
    };
    try {
      writeFileSync(`${this.#path}.part`, `${JSON.stringify(run, undefined, 2)}\n`);
      renameSync(`${this.#path}.part`, this.#path);
      this.#wrote = true;
    } catch (error) {
      this.#onError(error);
    }
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Stats, TranscriptionEvent } from '../../../operators/events.ts';
import type { RunOptions } from '../recognition.ts';
import { hideSecretsIn } from '../secrets.ts';

/** Options that may contain a secret, and those that are not data. */
const OMITTED = new Set(['apiKey', 'token', 'control', 'detectSpeech', 'webhookAuthHeaderValue', 'llmGateway']);

/** The file `run.json`: times, versions, options, marks and statistics. Written at the start and rewritten at the end. */
export class RunRecord {
  readonly #path: string;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #marks: readonly number[];
  readonly #onError: (error: unknown) => void;
  readonly #started = new Date();
  #stats: Stats | undefined;
  #wrote = false;

  constructor(path: string, options: RunOptions, marks: readonly number[], onError: (error: unknown) => void) {
    this.#path = path;
    const data = Object.fromEntries(Object.entries(options).filter(([name]) => !OMITTED.has(name)));
    this.#options = hideSecretsIn(data) as Readonly<Record<string, unknown>>;
    this.#marks = marks;
    this.#onError = onError;
  }

  update(event: TranscriptionEvent): void {
    if (event.type === 'Stats') this.#stats = event;
  }

  /** Writes or replaces the file. */
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

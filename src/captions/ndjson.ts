import { map } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';

/**
 * Writes every event as a line of JSON (`.ndjson`, `.jsonl`), complete: words with times and confidence, sessions, gaps,
 * accounts. `events.schema.json` in this folder describes the lines.
 *
 * ```text
 * source    -b-p-f-t|      events
 * ndjson()  -b-p-f-t|      b: '{"type":"Begin","session":0,…}\n'
 * ```
 *
 * @see https://github.com/ndjson/ndjson-spec
 */
export function ndjson(): OperatorFunction<TranscriptionEvent, string> {
  return map(jsonLine);
}

/** Writes an event as one line. What some readers take for a line end, or a terminal for an order, is escaped. */
export function jsonLine(event: TranscriptionEvent): string {
  const json = JSON.stringify(event).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${json}\n`;
}

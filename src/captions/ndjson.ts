import { map } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { jsonLine } from './jsonLine.ts';

/**
 * Writes every event as a line of JSON (`.ndjson`, `.jsonl`), with all its fields: words with times and confidence,
 * sessions, gaps, statistics. `events.schema.json` in this folder describes the lines.
 *
 * ```text
 * source    -b-p-f-t|      events
 * ndjson()  -b-p-f-t|      b: '{"type":"Begin","session":0,…}\n'
 * ```
 *
 * @see https://github.com/ndjson/ndjson-spec
 */
export function ndjson(): OperatorFunction<TranscriptionEvent, string> {
  return map((event) => `${jsonLine(event)}\n`);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TranscriptionEvent } from '../../operators/events.ts';

const CAPTIONS = ['transcript.txt', 'transcript.srt', 'transcript.vtt', 'transcript.md'];

/** What a run leaves in its folder, as far as it must not depend on where the process was killed. */
export interface RunResult {
  /** The text of each caption file. */
  readonly captions: Readonly<Record<string, string>>;
  /** Number, text, and the times of each word. */
  readonly finals: readonly unknown[];
  /** Captured, transcribed and in gaps, in milliseconds. */
  readonly account: readonly unknown[];
}

/** Parses a line of JSON per event. */
export function eventsOf(text: string): TranscriptionEvent[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as TranscriptionEvent);
}

/** Reads the events in the log of a run. */
export async function logOf(folder: string): Promise<TranscriptionEvent[]> {
  return eventsOf(await readFile(join(folder, 'events.ndjson'), 'utf8'));
}

/** Reads what a finished run left. */
export async function runResult(folder: string): Promise<RunResult> {
  const captions = CAPTIONS.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  const events = await logOf(folder);
  const finals = events.flatMap((event) =>
    event.type === 'Turn' && event.isFinal
      ? [[event.turn_order, event.transcript, event.words.map(({ text, start, end }) => [text, start, end])]]
      : [],
  );
  const last = events.findLast((event) => event.type === 'Stats');
  return {
    captions: Object.fromEntries(await Promise.all(captions)),
    finals,
    account: [last?.capturedMs, last?.transcribedMs, last?.gapMs],
  };
}

import { existsSync, mkdirSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { pipe, tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionFile } from '../../captions/captionFile.ts';
import { wavFile } from '../../captions/wavFile.ts';
import type { TranscribeOptions } from '../../streaming/options.ts';
import type { Desk } from '../runContext.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { RunRecord } from './runRecord.ts';
import { UsageError } from '../usage.ts';

/** What writes the files that were asked for, as it passes through. */
export interface Keeping {
  readonly audio: MonoTypeOperatorFunction<Uint8Array>;
  readonly events: MonoTypeOperatorFunction<TranscriptionEvent>;
}

/** What `--save-dir` keeps, besides `audio.wav` and `run.json`. */
const SAVED = ['transcript.txt', 'transcript.ndjson', 'transcript.srt', 'transcript.vtt', 'transcript.md'];
const EXTENSIONS = /^\.(txt|ndjson|jsonl|srt|vtt|md)$/i;

/**
 * Writes what `--output`, `--record` and `--save-dir` ask for. A file that fails is told in one line and makes the exit
 * code 1; all else goes on.
 *
 * @throws {UsageError} when a file exists, is asked for twice, or is of a kind that is not written.
 */
export function keeping(flags: OutputFlags, options: TranscribeOptions, desk: Desk): Keeping {
  const { output = [], record, saveDir, force } = flags;
  for (const path of output) checkExtension(path);
  const given = [...output, ...(record === undefined ? [] : [record])];
  if (new Set(given.map((path) => resolve(path))).size < given.length) throw new UsageError('a file is given twice');
  for (const path of given)
    if (!force && existsSync(path)) throw new UsageError(`${path} exists; --force overwrites it`);
  const onError = (error: unknown): void => {
    process.exitCode = 1;
    desk.note(error instanceof Error ? error.message : String(error));
  };
  const folder = saveDir === undefined ? undefined : newFolder(saveDir, onError);
  const saved = (names: readonly string[]): string[] =>
    folder === undefined ? [] : names.map((name) => join(folder, name));
  const recordings = [...(record === undefined ? [] : [record]), ...saved(['audio.wav'])];
  const { sampleRate } = options;
  return {
    audio: all(recordings.map((path) => wavFile(path, { sampleRate, force, onError }))),
    events: all([
      ...[...output, ...saved(SAVED)].map((path) => captionFile(path, { force, onError, marks: desk.mark$ })),
      ...saved(['run.json']).map((path) => recorded(new RunRecord(path, options, desk.marks, onError))),
    ]),
  };
}

function checkExtension(path: string): void {
  if (EXTENSIONS.test(extname(path))) return;
  const advice = /\.wav$/i.test(path) ? '--record writes audio' : 'the extension tells what to write';
  throw new UsageError(
    `--output takes .srt, .vtt, .md, .txt, .ndjson or .jsonl, not ${JSON.stringify(path)}; ${advice}`,
  );
}

/** Makes `2026-11-22T18-40-05` in a folder; with a number behind it where that is there already. */
function newFolder(parent: string, onError: (error: unknown) => void): string | undefined {
  const name = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  try {
    mkdirSync(parent, { recursive: true });
    for (let count = 1; ; count += 1) {
      const folder = join(parent, count === 1 ? name : `${name}-${count}`);
      if (existsSync(folder)) continue;
      mkdirSync(folder);
      return folder;
    }
  } catch (error) {
    onError(error);
    return undefined;
  }
}

function recorded(run: RunRecord): MonoTypeOperatorFunction<TranscriptionEvent> {
  return tap({ subscribe: () => run.write(), next: (event) => run.told(event), finalize: () => run.write() });
}

function all<T>(operators: readonly MonoTypeOperatorFunction<T>[]): MonoTypeOperatorFunction<T> {
  return operators.reduce<MonoTypeOperatorFunction<T>>((before, next) => pipe(before, next), pipe());
}

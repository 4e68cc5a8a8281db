import { existsSync, mkdirSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { pipe, tap } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionFile } from '../../captions/captionFile.ts';
import type { Mark } from '../../captions/chapterMark.ts';
import { wavFile } from '../../captions/wavFile.ts';
import type { TranscribeOptions } from '../../streaming/options.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { RunRecord } from './runRecord.ts';
import { UsageError } from '../usageError.ts';

/** Operators that write the output files and pass everything through. */
export interface OutputTaps {
  readonly audio: MonoTypeOperatorFunction<Uint8Array>;
  readonly events: MonoTypeOperatorFunction<TranscriptionEvent>;
}

/** What the files need from the running command. */
export interface OutputContext {
  /** The marked positions so far, in milliseconds on the audio clock. */
  readonly marks: readonly number[];
  readonly mark$: Observable<Mark>;
  readonly note: (text: string) => void;
}

/** The files of `--save-dir`, besides `audio.wav` and `run.json`. */
const SAVED = ['transcript.txt', 'transcript.ndjson', 'transcript.srt', 'transcript.vtt', 'transcript.md'];
const EXTENSIONS = /^\.(txt|ndjson|jsonl|srt|vtt|md)$/i;

/**
 * Writes the files of `--output`, `--record` and `--save-dir`. A file that fails is reported in one line and sets exit code
 * 1; everything else continues.
 *
 * @throws {UsageError} if a file exists, is given twice, or has an unsupported extension.
 */
export function outputFiles(flags: OutputFlags, options: TranscribeOptions, context: OutputContext): OutputTaps {
  const { output = [], record, saveDir, force } = flags;
  for (const path of output) checkExtension(path);
  const paths = [...output, ...(record === undefined ? [] : [record])];
  if (new Set(paths.map((path) => resolve(path))).size < paths.length) throw new UsageError('a file is given twice');
  for (const path of paths)
    if (!force && existsSync(path)) throw new UsageError(`${path} exists; --force overwrites it`);
  const onError = (error: unknown): void => {
    process.exitCode = 1;
    context.note(error instanceof Error ? error.message : String(error));
  };
  const folder = saveDir === undefined ? undefined : newFolder(saveDir, onError);
  const saved = (names: readonly string[]): string[] =>
    folder === undefined ? [] : names.map((name) => join(folder, name));
  const recordings = [...(record === undefined ? [] : [record]), ...saved(['audio.wav'])];
  const { sampleRate } = options;
  return {
    audio: pipeAll(recordings.map((path) => wavFile(path, { sampleRate, force, onError }))),
    events: pipeAll([
      ...[...output, ...saved(SAVED)].map((path) => captionFile(path, { force, onError, marks: context.mark$ })),
      ...saved(['run.json']).map((path) => writeRecord(new RunRecord(path, options, context.marks, onError))),
    ]),
  };
}

function checkExtension(path: string): void {
  if (EXTENSIONS.test(extname(path))) return;
  const advice = /\.wav$/i.test(path) ? '--record writes audio' : 'the extension selects the format';
  throw new UsageError(
    `--output takes .srt, .vtt, .md, .txt, .ndjson or .jsonl, not ${JSON.stringify(path)}; ${advice}`,
  );
}

/** Creates a folder such as `2026-11-22T18-40-05`, with a number appended if it exists. */
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

function writeRecord(run: RunRecord): MonoTypeOperatorFunction<TranscriptionEvent> {
  return tap({ subscribe: () => run.write(), next: (event) => run.update(event), finalize: () => run.write() });
}

function pipeAll<T>(operators: readonly MonoTypeOperatorFunction<T>[]): MonoTypeOperatorFunction<T> {
  return operators.reduce<MonoTypeOperatorFunction<T>>((before, next) => pipe(before, next), pipe());
}

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipe, tap } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionFile } from '../../captions/captionFile.ts';
import type { Mark } from '../../captions/chapterMark.ts';
import { wavFile } from '../../captions/wavFile.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import type { RunOptions } from '../recognition.ts';
import { outputPaths } from './checkOutputs.ts';
import { RunRecord } from './runRecord.ts';

/** Operators that write the output files and pass everything through. */
export interface OutputTaps {
  readonly audio: MonoTypeOperatorFunction<Uint8Array>;
  readonly events: MonoTypeOperatorFunction<TranscriptionEvent>;
  /** The files, and instead of the files of `--save-dir` their folder; without those that failed. */
  readonly written: () => readonly string[];
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

/**
 * Writes the files of `--output`, `--record` and `--save-dir`. A file that fails is reported in one line and sets exit code
 * 1; everything else continues.
 */
export function outputFiles(flags: OutputFlags, options: RunOptions, context: OutputContext): OutputTaps {
  const { record, saveDir, force } = flags;
  const output = outputPaths(flags.output ?? []);
  const failed = new Set<string>();
  const failureOf =
    (path: string) =>
    (error: unknown): void => {
      process.exitCode = 1;
      failed.add(path);
      context.note(error instanceof Error ? error.message : String(error));
    };
  const folder = saveDir === undefined ? undefined : newFolder(saveDir, failureOf(saveDir));
  const saved = (names: readonly string[]): string[] =>
    folder === undefined ? [] : names.map((name) => join(folder, name));
  const given = record === undefined ? [] : [record];
  const { sampleRate } = options;
  return {
    audio: pipeAll(
      [...given, ...saved(['audio.wav'])].map((path) => wavFile(path, { sampleRate, force, onError: failureOf(path) })),
    ),
    events: pipeAll([
      ...[...output, ...saved(SAVED)].map((path) =>
        captionFile(path, { force, onError: failureOf(path), marks: context.mark$ }),
      ),
      ...saved(['run.json']).map((path) => writeRecord(new RunRecord(path, options, context.marks, failureOf(path)))),
    ]),
    written: () => [...output, ...given, ...(folder === undefined ? [] : [folder])].filter((path) => !failed.has(path)),
  };
}

/** Creates a folder such as `2026-11-22T18-40-05`, in local time, with a number appended if it exists. */
function newFolder(parent: string, onError: (error: unknown) => void): string | undefined {
  const name = folderName(new Date());
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

/** A date in local time that file names may contain and that sorts by time. */
function folderName(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('-')}`;
}

function writeRecord(run: RunRecord): MonoTypeOperatorFunction<TranscriptionEvent> {
  return tap({ subscribe: () => run.write(), next: (event) => run.update(event), finalize: () => run.write() });
}

function pipeAll<T>(operators: readonly MonoTypeOperatorFunction<T>[]): MonoTypeOperatorFunction<T> {
  return operators.reduce<MonoTypeOperatorFunction<T>>((before, next) => pipe(before, next), pipe());
}

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFailure } from '../captions/writeFailure.ts';
import { TranscriptionError } from '../errors.ts';

/** What `run.json` contains. */
export interface RunRecord {
  /** The sample rate of the audio, in hertz. */
  readonly sampleRate: number;
  /** The encoding of the audio. */
  readonly encoding: 'pcm_s16le' | 'pcm_mulaw';
  /** The wall clock when the first byte was recorded, in milliseconds since 1970: the origin of all restart gaps. */
  readonly startedAt?: number;
  /** Set when the source has completed: nothing more is recorded. */
  readonly recorded?: true;
  /** Set when everything is transcribed. */
  readonly finished?: true;
  /** What the program that started the run saved. */
  readonly options?: unknown;
}

/** Reads the record of a run; `undefined` if there is none. */
export function readRunFile(path: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunRecord> | null;
    if (typeof record?.sampleRate !== 'number' || record.encoding === undefined) throw new Error('it describes no run');
    return record as RunRecord;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') {
      throw new TranscriptionError('file', `${JSON.stringify(dirname(path))} is a file; a run is kept in a folder`);
    }
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message;
    throw new TranscriptionError('file', `cannot read ${JSON.stringify(path)}: ${reason}`, { cause });
  }
}

/** Replaces the record in one step. */
export function writeRunFile(path: string, record: RunRecord): void {
  try {
    const fd = openSync(`${path}.part`, 'w');
    try {
      writeSync(fd, `${JSON.stringify(record, undefined, 2)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.part`, path);
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

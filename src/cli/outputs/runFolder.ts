import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { concat, defer, pipe } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionFile } from '../../captions/captionFile.ts';
import { openRun, readRun } from '../../durable/openRun.ts';
import type { Recognise } from '../../durable/openRun.ts';
import { TranscriptionError } from '../../errors.ts';
import { checkDir } from '../flags/dirFlags.ts';
import type { DirFlags } from '../flags/dirFlags.ts';
import { savedOptions } from '../flags/savedFlags.ts';
import type { SavedOptions } from '../flags/savedFlags.ts';
import type { RunOptions } from '../recognition.ts';
import type { RunContext } from '../runContext.ts';
import { hideSecretsIn } from '../secrets.ts';
import type { CreateSource, SourcePlan } from '../sourcePlan.ts';

/** The caption files of a run; they are written again from its log when it continues. */
const CAPTIONS = ['transcript.txt', 'transcript.srt', 'transcript.vtt', 'transcript.md'];

/** A transcription kept in the folder of `--dir`. */
export interface RunFolder {
  /** Whether the event being delivered comes from the log of an earlier process. */
  readonly isEarlier: () => boolean;
  /** The events of earlier processes, then those of this one. */
  readonly events: (createSource: CreateSource, recognise: Recognise) => Observable<TranscriptionEvent>;
  /** Writes the caption files. */
  readonly captions: MonoTypeOperatorFunction<TranscriptionEvent>;
  readonly close: () => void;
}

/**
 * Checks the flags and the folder of `--dir`.
 *
 * @returns Whether the run in it is finished.
 */
export function checkFolder(flags: DirFlags, saved: SavedOptions | undefined): boolean {
  checkDir(flags);
  const { dir } = flags;
  if (dir === undefined) return false;
  const run = readRun(dir);
  if (!run) {
    const foreign = [...CAPTIONS, 'audio.wav', 'events.ndjson', 'run.json'].find((name) => existsSync(join(dir, name)));
    if (foreign !== undefined) {
      throw new TranscriptionError('file', `${dir} contains ${foreign}, but no run to continue; choose another folder`);
    }
    return false;
  }
  const { command, path } = savedOptions(run.options) ?? {};
  if (saved && (command !== saved.command || path !== saved.path)) {
    const name =
      command === undefined ? 'another program' : `rxscribe ${command}${path === undefined ? '' : ` ${path}`}`;
    throw new TranscriptionError('file', `${dir} contains a run of ${name}; choose another folder`);
  }
  return run.finished;
}

/** Opens the run in a folder, or starts it. */
export function openFolder(dir: string, options: RunOptions, plan: SourcePlan, context: RunContext): RunFolder {
  // a signal of a service manager ends the process, not the run; neither does a recording end when it is stopped
  let isStopped = false;
  const stopped = (): void => void (isStopped = true);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.prependListener(signal, stopped);
  const isInterrupted = (): boolean => isStopped || (plan.kind === 'recording' && context.stop.aborted);
  const run = openRun(dir, { sampleRate: options.sampleRate, options: hideSecretsIn(plan.saved), isInterrupted });
  if (run.resumed) context.note(`continuing the run in ${dir}`);
  run.onRecording = context.startAt;
  const marks = context.mark$.subscribe((mark) => run.mark(mark));
  let isEarlier = true;
  const failureOf = (error: Error): void => {
    process.exitCode = 1;
    context.note(error.message);
  };
  return {
    isEarlier: () => isEarlier,
    events: (createSource, recognise) => {
      const open = (startMs?: number): Observable<Uint8Array> =>
        createSource({ ...context, ...(startMs !== undefined && { startMs }) }).pipe(context.watchAudio);
      const new$ = defer(() => {
        isEarlier = false;
        return plan.kind === 'recording' ? run.recording(open, recognise) : open().pipe(run.live(recognise));
      });
      return concat(run.earlier$, new$);
    },
    captions: CAPTIONS.map((name) =>
      captionFile(join(dir, name), {
        force: true,
        onError: failureOf,
        marks: concat(run.marks$, context.mark$),
      }),
    ).reduce((before, next) => pipe(before, next)),
    close: () => {
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, stopped);
      marks.unsubscribe();
      run.close();
      if (!run.finished) context.note(`the run is not finished; continue it with: rxscribe resume ${dir}`);
    },
  };
}

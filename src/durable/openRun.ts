import { join } from 'node:path';
import { EMPTY, Observable, ReplaySubject, concat, defer, from, ignoreElements, take, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { bytesToMs, frameBytes, msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { pcmStream } from '../audio/pcmStream.ts';
import type { Mark } from '../captions/chapterMark.ts';
import { TranscriptionError } from '../errors.ts';
import { isLostAudio, takeLostAudio } from '../lostAudio.ts';
import type { LostAudio } from '../lostAudio.ts';
import { EventLog } from './eventLog.ts';
import { framesFrom } from './framesFrom.ts';
import { GrowingWav } from './growingWav.ts';
import { readRunFile, writeRunFile } from './runFile.ts';
import type { RunRecord } from './runFile.ts';
import { lockFolder } from './runLock.ts';
import { withLostAudio } from './withLostAudio.ts';

/** Duration of one audio message, in milliseconds. */
const FRAME_MS = 100;
/** The shortest restart gap, in milliseconds: more than the padding of the audio before it. */
const SHORTEST_GAP_MS = 100;

/** Recognises frames from a checkpoint on: `(from) => transcribe({ ...options, from })`. */
export type Recognise = (from: Checkpoint) => OperatorFunction<Uint8Array, TranscriptionEvent>;

/** The format of the audio, and what to save with the run. */
export interface RunOptions extends PcmFormat {
  /** Saved in `run.json` when the run starts; do not include secrets. */
  readonly options?: unknown;
  /** Whether the source completes only because this process ends; a later process then continues. @defaultValue never */
  readonly isInterrupted?: () => boolean;
}

/** A transcription in a folder, which a later process can continue. It holds the folder until `close()`. */
export class DurableRun {
  /** Called with the position of the first chunk that this process records, in milliseconds on the audio clock. */
  onRecording: (atMs: number) => void = () => undefined;
  readonly #folder: string;
  readonly #format: PcmFormat;
  readonly #isInterrupted: () => boolean;
  readonly #release: () => void;
  readonly #log: EventLog;
  #record: RunRecord;
  /** Whether the last transcription ended before all of its audio was transcribed. */
  #isIncomplete = false;
  #wav: GrowingWav | undefined;

  constructor(folder: string, { options, isInterrupted = () => false, ...format }: RunOptions) {
    this.#folder = folder;
    this.#format = format;
    this.#isInterrupted = isInterrupted;
    this.#release = lockFolder(folder);
    try {
      const found = readRunFile(this.#path('run.json'));
      const { sampleRate, encoding = 'pcm_s16le' } = format;
      if (found && (found.sampleRate !== sampleRate || found.encoding !== encoding)) {
        throw new TranscriptionError(
          'file',
          `the run in ${JSON.stringify(folder)} is ${found.encoding} at ${found.sampleRate} Hz, not ${encoding} at ${sampleRate} Hz`,
        );
      }
      this.#record = found ?? { sampleRate, encoding, options };
      if (!found) this.#save({});
      this.#log = new EventLog(this.#path('events.ndjson'));
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Whether everything is recorded and transcribed. */
  get finished(): boolean {
    return this.#record.finished === true;
  }

  /** Whether an earlier process has already logged events. */
  get resumed(): boolean {
    return !this.#log.isEmpty;
  }

  /** Where the transcription continues. */
  get checkpoint(): Checkpoint {
    return this.#log.checkpoint;
  }

  /** The events in the log when it is subscribed. */
  get earlier$(): Observable<TranscriptionEvent> {
    return defer(() => from(this.#log.events()));
  }

  /** The chapter marks in the log when it is subscribed. */
  get marks$(): Observable<Mark> {
    return defer(() => from(this.#log.marks()));
  }

  /** Writes a chapter mark to the log. */
  mark(mark: Mark): void {
    this.#log.appendMark(mark);
  }

  /**
   * Transcribes a recording that can be read again. It continues where the log ends, and is empty if the run is finished.
   *
   * @param open Opens the recording at a position, in milliseconds.
   */
  recording(
    open: (positionMs: number) => Observable<Uint8Array>,
    recognise: Recognise,
  ): Observable<TranscriptionEvent> {
    return defer(() => {
      if (this.finished) return EMPTY;
      const checkpoint = this.checkpoint;
      const { positionMs } = checkpoint;
      this.onRecording(positionMs);
      const frames = framesFrom(frameBytes(FRAME_MS, this.#format), msToBytes(positionMs, this.#format));
      return concat(
        this.#logged(open(positionMs).pipe(frames, recognise(checkpoint))),
        defer(() => this.#finish()),
      );
    });
  }

  /**
   * Records a live source into `audio.wav`, and transcribes from there. What an earlier process recorded comes first; the
   * time in which no process recorded is an `AudioGap` of reason `restart`. If an earlier process has recorded the source to
   * its end, the source is not subscribed.
   */
  live(recognise: Recognise): OperatorFunction<Uint8Array, TranscriptionEvent> {
    return (source) =>
      defer(() => {
        const wav = (this.#wav ??= new GrowingWav(this.#path('audio.wav'), this.#format));
        const lost: LostAudio[] = [];
        const placed$ = new ReplaySubject<void>(1);
        let failure: { readonly error: unknown } | undefined;
        const restart: TranscriptionEvent[] = this.#lostBefore(wav);
        let offsetMs: number | undefined;
        let isLost = false;
        const takeLost = (): void => {
          for (const stretch of takeLostAudio()) {
            const [startMs, endMs] = [(offsetMs ?? 0) + stretch.startMs, (offsetMs ?? 0) + stretch.endMs];
            lost.push({ startMs, endMs });
            this.#log.appendLostAudio(startMs, endMs);
          }
          if (isLostAudio() && !isLost) this.#log.appendLostAudio(wav.lengthMs);
          isLost = isLostAudio();
        };
        const end = (): void => {
          takeLost();
          wav.end();
          placed$.next();
        };
        const recorded$ = (this.#record.recorded ? EMPTY : source).pipe(
          tap((chunk) => {
            offsetMs ??= this.#place(wav, chunk, restart);
            takeLost();
            wav.append(chunk);
            placed$.next();
          }),
        );
        const transcribed$ = concat(
          placed$.pipe(take(1), ignoreElements()),
          defer(() => from(restart)),
          defer(() => this.#stretches(wav, lost, recognise)),
          defer(() => {
            if (failure) throw failure.error;
            return this.#finish();
          }),
        );
        return new Observable<TranscriptionEvent>((subscriber) => {
          subscriber.add(
            recorded$.subscribe({
              // what was recorded is transcribed before the error is reported
              error: (error: unknown) => {
                failure = { error };
                end();
              },
              complete: () => {
                if (!this.#isInterrupted()) this.#save({ recorded: true });
                end();
              },
            }),
          );
          subscriber.add(transcribed$.subscribe(subscriber));
        });
      });
  }

  /** Closes the files and releases the folder. */
  close(): void {
    try {
      this.#wav?.close();
      this.#log.close();
    } finally {
      this.#release();
    }
  }

  /** Transcribes from the checkpoint to the next gap, and so on to the end of the recording. */
  #stretches(wav: GrowingWav, lost: LostAudio[], recognise: Recognise): Observable<TranscriptionEvent> {
    const checkpoint = this.checkpoint;
    const { positionMs, gaps } = checkpoint;
    const startBytes = msToBytes(positionMs, this.#format);
    const endBytes = gaps[0] && msToBytes(gaps[0].startMs, this.#format);
    const isLast = endBytes === undefined;
    const audio$ = pcmStream(wav.read(startBytes, endBytes), this.#format).pipe(
      withLostAudio(lost, positionMs, this.#format),
      framesFrom(frameBytes(FRAME_MS, this.#format), startBytes, { padTail: true }),
    );
    const next$ = defer(() => {
      if (isLast || (this.#isIncomplete && wav.ended)) return EMPTY;
      return this.#stretches(wav, lost, recognise);
    });
    if (isLast && wav.ended && startBytes >= wav.bytes) return EMPTY;
    return concat(this.#logged(audio$.pipe(recognise(checkpoint))), next$);
  }

  /** Writes each event to the log before it is emitted. */
  #logged(event$: Observable<TranscriptionEvent>): Observable<TranscriptionEvent> {
    this.#isIncomplete = false;
    return event$.pipe(
      tap((event) => {
        this.#log.append(event);
        if (event.type === 'AudioGap' && event.reason === 'end-timeout') this.#isIncomplete = true;
      }),
    );
  }

  /** Decides where the first chunk of this process is; the time since the last recording is a gap. */
  #place(wav: GrowingWav, chunk: Uint8Array, restart: TranscriptionEvent[]): number {
    const chunkAt = Date.now() - bytesToMs(chunk.length, this.#format);
    const { startedAt } = this.#record;
    if (startedAt === undefined) this.#save({ startedAt: chunkAt });
    else restart.push(...this.#addGaps(wav, chunkAt - startedAt));
    this.onRecording(wav.lengthMs);
    return wav.lengthMs;
  }

  #addGaps(wav: GrowingWav, nowMs: number): TranscriptionEvent[] {
    const { positionMs, gaps } = this.checkpoint;
    // after a power loss the log may be ahead of the audio
    const loggedMs = Math.max(positionMs, gaps.at(-1)?.endMs ?? 0);
    if (nowMs <= wav.lengthMs && wav.lengthMs >= loggedMs) return []; // a source faster than real time, or a clock set back
    const startMs = Math.max(wav.lengthMs, positionMs);
    // a whole millisecond, so that times are rounded as in an unbroken run
    const endBytes = msToBytes(Math.ceil(Math.max(startMs + SHORTEST_GAP_MS, loggedMs, nowMs)), this.#format);
    const starts = [startMs, ...gaps.map(({ endMs }) => Math.max(startMs, endMs))];
    const ends = [...gaps.map((gap) => gap.startMs), bytesToMs(endBytes, this.#format)];
    const added = starts.flatMap((start, index) => this.#logGap(start, ends[index] ?? start, 'restart'));
    wav.extendTo(endBytes);
    return added;
  }

  /** Reports what the source of an earlier process lost just before that process ended. */
  #lostBefore(wav: GrowingWav): TranscriptionEvent[] {
    return this.#log.lostAudio.flatMap(({ startMs, endMs = wav.lengthMs }) => this.#logGap(startMs, endMs, 'device'));
  }

  #logGap(startMs: number, endMs: number, reason: 'device' | 'restart'): TranscriptionEvent[] {
    if (endMs <= startMs) return [];
    const gap = {
      type: 'AudioGap',
      startMs,
      endMs,
      reason,
      session: Math.max(0, this.checkpoint.session - 1),
    } as const;
    this.#log.append(gap);
    return [gap];
  }

  #finish(): Observable<never> {
    if (!this.#isIncomplete && !this.#isInterrupted()) this.#save({ recorded: true, finished: true });
    return EMPTY;
  }

  #save(changes: Partial<RunRecord>): void {
    this.#record = { ...this.#record, ...changes };
    writeRunFile(this.#path('run.json'), this.#record);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/**
 * Opens a run in a folder, or creates it.
 *
 * The folder holds `events.ndjson` with an event per line, `run.json`, and for a live source `audio.wav`. Everything is
 * written before it is used, so a process that is killed loses nothing that was recorded.
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { openRun } from 'rxscribe/files';
 *
 * const options = { apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 };
 * const run = openRun('meeting', { sampleRate: 16_000 });
 * run
 *   .recording((startMs) => audioFile('talk.wav', { startMs }), (from) => transcribe({ ...options, from }))
 *   .subscribe({ complete: () => run.close() });
 *
 * @throws {TranscriptionError} of kind `file` when another process holds the folder, or it cannot be written to.
 */
export function openRun(folder: string, options: RunOptions): DurableRun {
  return new DurableRun(folder, options);
}

/** Whether the run in a folder is finished, and what was saved with it; `undefined` if there is no run. */
export function readRun(folder: string): { readonly finished: boolean; readonly options: unknown } | undefined {
  const record = readRunFile(join(folder, 'run.json'));
  return record && { finished: record.finished === true, options: record.options };
}

import type { Observable } from 'rxjs';
import type { TranscribeOptions } from '../streaming/options.ts';
import type { SavedOptions } from './flags/savedFlags.ts';

/** What a command passes to the source of audio it opens. */
export interface SourceContext {
  /** Aborts to request the graceful end. */
  readonly stop: AbortSignal;
  /** Where a recording starts, in milliseconds. */
  readonly startMs?: number;
  /** Prints one line to stderr. */
  readonly note: (text: string) => void;
}

/** Creates the source of audio. Called once, before anything is opened. */
export type CreateSource = (context: SourceContext) => Observable<Uint8Array>;

/** What a command knows about its source. */
export interface SourcePlan {
  /** Only a microphone can be muted. */
  readonly kind: 'microphone' | 'recording' | 'stdin';
  /** Length of a recording in milliseconds; resolves to `undefined` if only reading it all would tell. */
  readonly length?: Promise<number | undefined>;
  /** The speakers, if each has a channel of the source. */
  readonly channels?: readonly string[] | undefined;
  /** Options of `transcribe()` that the command sets, unless `--param` does. */
  readonly options?: Partial<TranscribeOptions>;
  /** What `--dir` saves, so that `rxscribe resume` can continue. */
  readonly saved?: SavedOptions;
}

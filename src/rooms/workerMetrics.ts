/** What a worker has done since it started, and what it does now. */
export interface WorkerMetrics {
  /** Rooms that this worker transcribes now. */
  readonly rooms: number;
  /** Rooms taken, again or for the first time. */
  readonly taken: number;
  /** Rooms transcribed to their end. */
  readonly done: number;
  /** Rooms handed over because this worker stopped. */
  readonly handedOver: number;
  /** Rooms that another worker took from this one. */
  readonly lost: number;
  /** Transcriptions that failed; their rooms are tried again. */
  readonly failed: number;
  /** Appends that were refused, because another worker has the room. */
  readonly refused: number;
  /** Appends that were stored although the broker did not answer. */
  readonly unanswered: number;
  /** How many times a session waited for a permit. */
  readonly permitWaits: number;
  /** Audio taken from the tape, in milliseconds. */
  readonly audioMs: number;
  /** Audio that was read from the stream because it had not arrived live, in milliseconds. */
  readonly catchUpMs: number;
  /** From the end of a frame to its arrival here, in milliseconds; the median since the metrics before. */
  readonly frameDelayMs: number | undefined;
  /** How long an append took, in milliseconds; the median since the metrics before. */
  readonly appendMs: number | undefined;
}

/** Counts what a worker does. */
export class WorkerCounts {
  rooms = 0;
  taken = 0;
  done = 0;
  handedOver = 0;
  lost = 0;
  failed = 0;
  refused = 0;
  unanswered = 0;
  permitWaits = 0;
  audioMs = 0;
  catchUpMs = 0;
  /** Durations since the latest metrics, in milliseconds. */
  readonly frameDelays: number[] = [];
  readonly appends: number[] = [];

  /** The metrics now; medians start anew. */
  take(): WorkerMetrics {
    const { frameDelays, appends, ...counts } = this;
    const metrics = { ...counts, frameDelayMs: median(frameDelays), appendMs: median(appends) };
    frameDelays.length = 0;
    appends.length = 0;
    return metrics;
  }
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

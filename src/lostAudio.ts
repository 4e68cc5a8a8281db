/** A stretch that a source filled with silence because it had no audio, in milliseconds of the source's own output. */
export interface LostAudio {
  readonly startMs: number;
  readonly endMs: number;
}

const NONE: LostAudio[] = [];
/** The stretches reported with the notification being delivered; empty outside of one. */
let offered = NONE;
/** Whether the notification being delivered is silence of a stretch that has not ended. */
let filling = false;

/**
 * Sends one notification and reports lost stretches with it; stretches that a consumer takes leave the list.
 *
 * An Observable of bytes cannot mark which bytes were never recorded. A source that fills a stretch with silence therefore
 * reports it with its next notification, and with every later one until a consumer takes it, because an operator that
 * cuts frames may emit nothing for a chunk. Between source and consumer everything must be delivered synchronously, and no
 * byte may be dropped or added: otherwise the milliseconds would belong to a different clock.
 *
 * @param stretches The stretches not taken yet. The source keeps one list per subscription.
 * @param emit Sends one notification, synchronously: a value, the completion or the error.
 * @param isFilling Whether it is silence of a stretch that has not ended. @defaultValue as in the notification around it
 */
export function emitWithLostAudio(stretches: LostAudio[], emit: () => void, isFilling: boolean = filling): void {
  const outer = [offered, filling] as const;
  [offered, filling] = [stretches, isFilling];
  try {
    emit();
  } finally {
    [offered, filling] = outer;
  }
}

/** Whether the chunk being delivered is silence of a stretch that has not ended, and will be reported when it has. */
export function isLostAudio(): boolean {
  return filling;
}

/** Takes the stretches reported with the notification being delivered; only the first call returns them. */
export function takeLostAudio(): readonly LostAudio[] {
  return offered.length > 0 ? offered.splice(0) : NONE; // called for each frame
}

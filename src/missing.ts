/** A stretch that a source filled with silence because it had no audio, in milliseconds of what it emitted itself. */
export interface Missing {
  readonly startMs: number;
  readonly endMs: number;
}

/** Nothing on offer. */
const NONE: Missing[] = [];
/** The stretches that the notification under way offers; none outside of one. */
let offered = NONE;

/**
 * Emits, completes or errors while stretches are on offer; those that are taken leave the list.
 *
 * An Observable of bytes has no room to say which of them were never heard. So a source that fills a stretch with
 * silence offers it along with its next notification, and again with every one after it until somebody takes it:
 * whoever cuts frames may emit none for a chunk. The one condition: from the source to whoever takes, everything is
 * delivered synchronously, and no byte is dropped or added, or the milliseconds would be those of another clock.
 *
 * @param stretches What is not taken yet, kept by the source, one list per subscription.
 * @param emit Sends one notification, synchronously: a value, the completion, or the error.
 */
export function emitWithMissing(stretches: Missing[], emit: () => void): void {
  const outer = offered;
  offered = stretches;
  try {
    emit();
  } finally {
    offered = outer;
  }
}

/** Takes the stretches that the notification being delivered offers, each once: the first who asks gets them. */
export function takeMissing(): readonly Missing[] {
  return offered.length > 0 ? offered.splice(0) : NONE; // asked for each frame
}

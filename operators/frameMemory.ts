/**
 * The key of the method with which a subscriber of `bufferBytes` offers memory for the frames.
 *
 * Without it each frame is memory of its own, and a subscriber that keeps frames copies every byte a second time. With it
 * the frames are written where the subscriber keeps them. Only what is subscribed directly is asked, so an operator in
 * between receives frames that own their memory.
 */
export const frameMemory: unique symbol = Symbol.for('rxscribe.frameMemory');

/** A subscriber that keeps frames. */
export interface FrameKeeper {
  /** Returns memory of so many bytes for the next frame, until the subscriber no longer needs that frame. It may contain anything. */
  [frameMemory](size: number): Uint8Array;
}

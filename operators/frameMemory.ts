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
  /** Returns memory for the next frame of so many bytes. It may contain anything, and is used again after that frame. */
  [frameMemory](size: number): Uint8Array;
}

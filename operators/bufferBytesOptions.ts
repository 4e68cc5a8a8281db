/** What `bufferBytes` does with the bytes left over when the source completes. */
export interface BufferBytesOptions {
  /**
   * The shortest tail that is emitted, in bytes, 0 to `size`. A shorter one is dropped, or padded with
   * `padTail`. @defaultValue half of `size`, rounded up
   */
  readonly minTail?: number;
  /** Whether a tail shorter than `minTail` is zero-padded to `minTail` instead of dropped. @defaultValue false */
  readonly padTail?: boolean;
}

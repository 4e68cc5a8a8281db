/** The audio an engine still needs, as samples from -1 to 1. Positions are samples since the first one of the session. */
export class AudioWindow {
  #samples: Float32Array;
  #start = 0;
  #length = 0;

  /** @param capacity Samples to allocate at first; the window grows when more are held. */
  constructor(capacity: number) {
    this.#samples = new Float32Array(capacity);
  }

  /** The position of the oldest sample held. */
  get start(): number {
    return this.#start;
  }

  /** The position after the newest sample. */
  get end(): number {
    return this.#start + this.#length;
  }

  /** Appends 16-bit samples. */
  append(pcm: Int16Array): void {
    const length = this.#length + pcm.length;
    if (length > this.#samples.length) {
      const larger = new Float32Array(Math.max(this.#samples.length * 2, length));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    for (let index = 0; index < pcm.length; index++) this.#samples[this.#length + index] = (pcm[index] ?? 0) / 32_768;
    this.#length = length;
  }

  /** Copies the samples between two positions, as far as they are held. */
  slice(from: number, to: number): Float32Array {
    return this.#samples.slice(this.#index(from), this.#index(to));
  }

  /** Discards the samples before a position. */
  dropBefore(position: number): void {
    const count = this.#index(position);
    this.#samples.copyWithin(0, count, this.#length);
    this.#start += count;
    this.#length -= count;
  }

  /** The middle of the quietest stretch between two positions: the best place to cut speech that does not pause. */
  quietest(from: number, to: number, length: number): number {
    const step = Math.ceil(length / 3);
    let least = Infinity;
    let quietest = to;
    for (let at = this.#index(from); at + length < this.#index(to); at += step) {
      let energy = 0;
      for (let index = at; index < at + length; index++) energy += (this.#samples[index] ?? 0) ** 2;
      if (energy >= least) continue;
      least = energy;
      quietest = this.#start + at + (length >> 1);
    }
    return quietest;
  }

  #index(position: number): number {
    return Math.max(0, Math.min(position - this.#start, this.#length));
  }
}

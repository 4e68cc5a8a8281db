import { BYTES_PER_MS, positionOf } from './positions.js';

/** Resets or stalls a connection once, when the audio on it reaches a position. */
export class ConnectionFault {
  #fault;
  #atByte;
  #onCut;

  constructor({ fault, cutAtMs, onCut }) {
    this.#fault = fault;
    this.#atByte = cutAtMs * BYTES_PER_MS;
    this.#onCut = onCut;
  }

  /** Returns the part of a message that arrives; breaks the connection if the rest does not. */
  pass(bytes, socket) {
    if (bytes.length === 0) return bytes;
    const { lead, at } = positionOf(bytes);
    if (at + bytes.length - lead <= this.#atByte) return bytes;
    const arrived = bytes.subarray(0, Math.max(0, this.#atByte - at + lead));
    this.#atByte = Infinity;
    // after the replies to what did arrive
    setImmediate(() => {
      this.#onCut();
      if (this.#fault === 'stall') socket.pause();
      else socket.resetAndDestroy();
    });
    return arrived;
  }
}

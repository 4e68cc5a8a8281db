import { randomUUID } from 'node:crypto';
import { unknownNames, type Parameters } from './parameters.ts';
import type { EndedBy, SessionRecord } from './options.ts';

const MAX_FRAME_LENGTHS = 100_000;
const MAX_CONTROLS = 100;

/** The record of one session while it is being written. */
export class SessionLog implements SessionRecord {
  readonly id: string = randomUUID();
  readonly index: number;
  readonly params: Parameters;
  readonly unknownParams: readonly string[];
  readonly authorization: SessionRecord['authorization'];
  readonly frameBytes: number[] = [];
  readonly controls: unknown[] = [];
  readonly sent: Record<string, number> = {};
  audioMs = 0;
  audioBytes = 0;
  endedBy: EndedBy | undefined = undefined;
  closeCode: number | undefined = undefined;
  readonly #keep: boolean;
  readonly #frames: Uint8Array[] = [];

  constructor(index: number, query: Parameters, authorization: SessionRecord['authorization'], keepAudio: boolean) {
    this.index = index;
    this.params = 'token' in query ? { ...query, token: '***' } : query;
    this.unknownParams = unknownNames(query);
    this.authorization = authorization;
    this.#keep = keepAudio;
  }

  /** Forgets the oldest audio that is kept. */
  dropOldestAudio(): void {
    this.#frames.shift();
  }

  audio(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#frames));
  }

  /** Adds the length of a binary message. */
  addFrame(length: number): void {
    if (!this.#keep) return;
    this.frameBytes.push(length);
    if (this.frameBytes.length > MAX_FRAME_LENGTHS) this.frameBytes.splice(0, MAX_FRAME_LENGTHS / 2);
  }

  /** Adds processed audio: a whole message, or the part before a fault. */
  addAudio(bytes: Uint8Array, ms: number): void {
    this.audioBytes += bytes.length;
    this.audioMs += ms;
    if (this.#keep) this.#frames.push(Uint8Array.from(bytes));
  }

  addControl(message: unknown): void {
    this.controls.push(message);
    if (!this.#keep && this.controls.length > MAX_CONTROLS) this.controls.shift();
  }

  addSent(type: string): void {
    this.sent[type] = (this.sent[type] ?? 0) + 1;
  }
}

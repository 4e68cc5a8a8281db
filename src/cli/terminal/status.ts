import type { TranscriptionEvent } from '../../../operators/events.ts';
import { bytesToMs } from '../../audio/pcm.ts';
import { columnsOf } from '../../captions/columnsOf.ts';
import { levelOf, meter } from './level.ts';

/** Cells of the meter. */
const CELLS = 12;

/** What the status of a command tells of besides the link. */
export interface StatusOptions {
  /** Samples per second of the audio, in hertz. */
  readonly sampleRate: number;
  /** Whether the audio comes from a microphone: then its level is shown, else how far the recording is. */
  readonly microphone: boolean;
  /** What each key does, in a few words; the most important one first. */
  readonly keys: readonly string[];
}

/** Follows a transcription and says in one line how it stands. */
export class Status {
  /** Whether the microphone is muted. */
  paused = false;
  /** Whether the end was asked for. */
  ending = false;
  /** How long the recording is, in milliseconds, where that is known. */
  lengthMs: number | undefined;
  readonly #options: StatusOptions;
  #bytes = 0;
  #startedAt = 0;
  #latest: Uint8Array = new Uint8Array(0);
  #link: 'connecting' | 'live' | 'reconnecting' = 'connecting';
  #kept = { ms: 0, at: 0 };
  #delayMs: number | undefined;

  constructor(options: StatusOptions) {
    this.#options = options;
  }

  /** The audio clock, in milliseconds. */
  get elapsedMs(): number {
    return bytesToMs(this.#bytes, this.#options);
  }

  /** Takes note of audio that passes. */
  heard(chunk: Uint8Array): void {
    if (this.#bytes === 0) this.#startedAt = performance.now();
    this.#bytes += chunk.length;
    this.#latest = chunk;
  }

  /** Takes note of an event. */
  told(event: TranscriptionEvent): void {
    if (event.type === 'Begin') this.#link = 'live';
    if (event.type === 'Stats') this.#delayMs = event.finalDelayMs ?? this.#delayMs;
    if (event.type !== 'Reconnecting') return;
    this.#link = 'reconnecting';
    this.#kept = { ms: event.replayMs, at: this.elapsedMs };
  }

  /** As much as fits into so many columns; what matters most comes first. */
  line(columns: number): string {
    const { microphone, keys } = this.#options;
    const delay = this.#delayMs === undefined ? '' : `${(this.#delayMs / 1000).toFixed(1)} s behind`;
    const parts = microphone
      ? [time(this.elapsedMs), this.#state(), this.#level(), delay, ...keys]
      : [...this.#progress(), this.#state(), delay, ...keys];
    return fitted(parts, columns);
  }

  #state(): string {
    if (this.#link === 'reconnecting') {
      const keptMs = this.#kept.ms + this.elapsedMs - this.#kept.at;
      return `reconnecting, ${(keptMs / 1000).toFixed(1)} s kept`;
    }
    if (this.ending) return 'ending';
    return this.paused ? 'paused, nothing is sent' : this.#link;
  }

  #level(): string {
    if (this.paused) return '';
    const db = levelOf(this.#latest);
    return `${meter(db, CELLS)} ${db.toFixed(0).padStart(3)} dB`;
  }

  #progress(): string[] {
    const speed = this.elapsedMs / Math.max(1, performance.now() - this.#startedAt);
    const told = this.#bytes === 0 ? '' : `${speed.toFixed(1)}x`;
    if (this.lengthMs === undefined) return [time(this.elapsedMs), told];
    const leftMs = (this.lengthMs - this.elapsedMs) / speed;
    const left = this.#bytes > 0 && Number.isFinite(leftMs) ? `${time(Math.max(0, leftMs))} left` : '';
    return [`${time(this.elapsedMs)} of ${time(this.lengthMs)}`, left, told];
  }
}

/** Minutes and seconds, and hours where there are any: `1:02:03`. */
export function time(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function fitted(parts: readonly string[], columns: number): string {
  let line = '';
  for (const part of parts.filter(Boolean)) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (columnsOf(longer) > columns) break;
    line = longer;
  }
  return line;
}

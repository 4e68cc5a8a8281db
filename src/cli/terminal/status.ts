import type { TranscriptionEvent } from '../../../operators/events.ts';
import { bytesToMs } from '../../audio/pcm.ts';
import { SpeechWait } from '../../page/speechWait.ts';
import { columnsOf } from '../../captions/columnsOf.ts';
import { formatTime } from './formatTime.ts';
import { levelOf, meter } from './level.ts';
import type { StatusLine } from './view.ts';

/** Width of the level meter, in columns. */
const METER_COLUMNS = 12;

export interface StatusOptions {
  /** Samples per second of the audio, in hertz. */
  readonly sampleRate: number;
  /** Whether to show the level of a microphone, or else the progress of a recording. */
  readonly microphone: boolean;
  /** What each key does, in a few words; the most important first. */
  readonly keys: readonly string[];
  /** The same while the microphone is paused. */
  readonly keysWhilePaused: readonly string[];
  /** How long an outage may last before the transcription fails, in milliseconds. */
  readonly maxOutage: number;
}

/** The status of a transcription in one line. */
export class Status {
  /** Whether the microphone is muted. */
  paused = false;
  /** Whether the graceful end was requested. */
  ending = false;
  /** Where the audio of this process starts, in milliseconds on the audio clock. */
  startMs = 0;
  /** Length of the recording in milliseconds, if known. */
  lengthMs: number | undefined;
  readonly #options: StatusOptions;
  #bytes = 0;
  #startedAt = 0;
  #latest: Uint8Array = new Uint8Array(0);
  #connection: 'connecting' | 'live' | 'reconnecting' = 'connecting';
  #runsOn: 'service' | 'device' = 'service';
  #hasBegun = false;
  readonly #speech = new SpeechWait();
  #outage = { since: 0, attempt: 0, replayMs: 0, elapsedMs: 0 };
  #delayMs: number | undefined;

  constructor(options: StatusOptions) {
    this.#options = options;
  }

  /** The audio clock, in milliseconds. */
  get elapsedMs(): number {
    return this.startMs + bytesToMs(this.#bytes, this.#options);
  }

  addAudio(chunk: Uint8Array): void {
    if (this.#bytes === 0) this.#startedAt = performance.now();
    this.#bytes += chunk.length;
    this.#latest = chunk;
  }

  update(event: TranscriptionEvent): void {
    this.#speech.update(event);
    // the next session is not connected yet
    if (event.type === 'Suspended' && this.#speech.isWaiting) this.#connection = 'connecting';
    if (event.type === 'Begin') {
      [this.#connection, this.#hasBegun] = ['live', true];
      this.#runsOn = event.runsOn ?? 'service';
    }
    if (event.type === 'Stats') this.#delayMs = event.finalDelayMs ?? this.#delayMs;
    if (event.type !== 'Reconnecting') return;
    const since = this.#connection === 'reconnecting' ? this.#outage.since : performance.now();
    this.#connection = 'reconnecting';
    this.#outage = { since, attempt: event.attempt, replayMs: event.replayMs, elapsedMs: this.elapsedMs };
  }

  /** Returns as many parts as fit, the most important first. */
  line(columns: number): StatusLine {
    const { microphone, keys, keysWhilePaused } = this.#options;
    const delay = this.#delayMs === undefined || this.paused ? '' : `${(this.#delayMs / 1000).toFixed(1)} s behind`;
    const progress = microphone ? [formatTime(this.elapsedMs), this.#level()] : this.#progress();
    const parts = [this.#stateText(), ...progress, delay, ...(this.paused ? keysWhilePaused : keys)];
    return { state: this.#state(), text: joinFitting(parts, columns) };
  }

  #state(): StatusLine['state'] {
    if (this.#connection !== 'live') return this.#connection === 'connecting' ? 'waiting' : 'offline';
    return this.paused || this.ending ? 'waiting' : 'live';
  }

  #stateText(): string {
    if (this.#connection === 'reconnecting') return this.#outageText();
    if (this.ending) return 'ending';
    if (this.paused) return 'paused, nothing is sent';
    if (this.#speech.isWaiting) return 'waiting for speech';
    return this.#connection === 'live' && this.#runsOn === 'device' ? 'live, on this device' : this.#connection;
  }

  #outageText(): string {
    const { since, attempt, replayMs, elapsedMs } = this.#outage;
    const leftMs = this.#options.maxOutage - (performance.now() - since);
    const limit = Number.isFinite(leftMs) ? `, gives up in ${formatTime(Math.max(0, leftMs))}` : '';
    if (!this.#hasBegun) return `cannot connect, attempt ${attempt}${limit}`;
    const bufferedMs = replayMs + this.elapsedMs - elapsedMs;
    return `reconnecting, ${(bufferedMs / 1000).toFixed(1)} s buffered${attempt > 1 ? limit : ''}`;
  }

  #level(): string {
    if (this.paused) return '';
    const db = levelOf(this.#latest);
    return `${meter(db, METER_COLUMNS)} ${db.toFixed(0).padStart(3)} dB`;
  }

  #progress(): string[] {
    const speed = (this.elapsedMs - this.startMs) / Math.max(1, performance.now() - this.#startedAt);
    const speedText = this.#bytes === 0 ? '' : `${speed.toFixed(1)}x`;
    if (this.lengthMs === undefined) return [formatTime(this.elapsedMs), speedText];
    const leftMs = (this.lengthMs - this.elapsedMs) / speed;
    const left = this.#bytes > 0 && Number.isFinite(leftMs) ? `${formatTime(Math.max(0, leftMs))} left` : '';
    return [`${formatTime(this.elapsedMs)} of ${formatTime(this.lengthMs)}`, left, speedText];
  }
}

function joinFitting(parts: readonly string[], columns: number): string {
  let line = '';
  for (const part of parts.filter(Boolean)) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (columnsOf(longer) > columns) break;
    line = longer;
  }
  return line;
}

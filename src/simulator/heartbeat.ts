import type { SessionLog } from './sessionLog.ts';
import type { Timers } from './timers.ts';
import type { Message } from './turn.ts';

const EVERY_MS = 5000;

/** Tells every five seconds of wall time how much audio arrived, while it is enabled. */
export class Heartbeat {
  readonly #timers: Timers;
  readonly #log: SessionLog;
  readonly #send: (message: Message) => void;
  readonly #openedAt = performance.now();
  #enabled = false;
  #lastAudioMs = 0;

  constructor(timers: Timers, log: SessionLog, send: (message: Message) => void) {
    this.#timers = timers;
    this.#log = log;
    this.#send = send;
  }

  enable(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) this.#timers.every('heartbeat', EVERY_MS, () => this.#beat());
    else this.#timers.cancel('heartbeat');
  }

  #beat(): void {
    const receivedMs = this.#log.audioMs - this.#lastAudioMs;
    this.#lastAudioMs = this.#log.audioMs;
    this.#send({
      type: 'Heartbeat',
      total_audio_received_ms: Math.round(this.#log.audioMs),
      total_duration_ms: Math.round(performance.now() - this.#openedAt),
      realtime_factor: Number((receivedMs / EVERY_MS).toFixed(3)),
      max_speech_probability: receivedMs > 0 ? 0.99 : 0,
    });
  }
}

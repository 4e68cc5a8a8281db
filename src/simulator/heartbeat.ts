import type { ServiceMessage } from './serviceMessage.ts';
import type { SessionLog } from './sessionLog.ts';
import type { Timers } from './timers.ts';

const INTERVAL_MS = 5000;

/** Sends a `Heartbeat` at regular intervals while it is enabled: how much audio has arrived, and how fast. */
export class Heartbeat {
  readonly #timers: Timers;
  readonly #log: SessionLog;
  readonly #send: (message: ServiceMessage) => void;
  readonly #openedAt = performance.now();
  #enabled = false;
  #lastAudioMs = 0;
  #intervalMs = INTERVAL_MS;

  constructor(timers: Timers, log: SessionLog, send: (message: ServiceMessage) => void) {
    this.#timers = timers;
    this.#log = log;
    this.#send = send;
  }

  enable(enabled: boolean, intervalMs: number = INTERVAL_MS): void {
    if (enabled === this.#enabled && intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.#enabled = enabled;
    if (enabled) this.#timers.every('heartbeat', intervalMs, () => this.#beat());
    else this.#timers.cancel('heartbeat');
  }

  #beat(): void {
    const receivedMs = this.#log.audioMs - this.#lastAudioMs;
    this.#lastAudioMs = this.#log.audioMs;
    this.#send({
      type: 'Heartbeat',
      total_audio_received_ms: Math.round(this.#log.audioMs),
      total_duration_ms: Math.round(performance.now() - this.#openedAt),
      realtime_factor: Number((receivedMs / this.#intervalMs).toFixed(3)),
      max_speech_probability: receivedMs > 0 ? 0.99 : 0,
    });
  }
}

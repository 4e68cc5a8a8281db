import type { ServiceMessage } from './serviceMessage.ts';
import type { SessionLog } from './sessionLog.ts';
import type { Timers } from './timers.ts';

const INTERVAL_MS = 5000;

/** Sends a `Heartbeat` every five seconds while it is enabled: how much audio has arrived, and how fast. */
export class Heartbeat {
  readonly #timers: Timers;
  readonly #log: SessionLog;
  readonly #send: (message: ServiceMessage) => void;
  readonly #openedAt = performance.now();
  #enabled = false;
  #lastAudioMs = 0;

  constructor(timers: Timers, log: SessionLog, send: (message: ServiceMessage) => void) {
    this.#timers = timers;
    this.#log = log;
    this.#send = send;
  }

  enable(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) this.#timers.every('heartbeat', INTERVAL_MS, () => this.#beat());
    else this.#timers.cancel('heartbeat');
  }

  #beat(): void {
    const receivedMs = this.#log.audioMs - this.#lastAudioMs;
    this.#lastAudioMs = this.#log.audioMs;
    this.#send({
      type: 'Heartbeat',
      total_audio_received_ms: Math.round(this.#log.audioMs),
      total_duration_ms: Math.round(performance.now() - this.#openedAt),
      realtime_factor: Number((receivedMs / INTERVAL_MS).toFixed(3)),
      max_speech_probability: receivedMs > 0 ? 0.99 : 0,
    });
  }
}

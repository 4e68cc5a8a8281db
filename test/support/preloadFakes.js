// Fakes around a documented program, so that it runs unchanged: connections to the service go to the local one, and the
// microphone plays a recording. Neither this package nor the SDK is modified.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import tls from 'node:tls';

const SERVICE = /^streaming(\.\w+)?\.assemblyai\.com$/;
const CHUNK_BYTES = 3200;
const CHUNK_MS = 100;
/** Chunks of silence before Ctrl-C. */
const SILENT_CHUNKS = 15;

/** Redirects connections to the local service; its certificate is still verified. */
const { connect } = tls;
tls.connect = (options, ...rest) => {
  const local = { host: 'localhost', port: Number(process.env['RXSCRIBE_TEST_SERVICE']), servername: 'localhost' };
  return connect(SERVICE.test(options.host) ? { ...options, ...local } : options, ...rest);
};

/**
 * The recording of each device, by part of its name; '' is the default device. The process that records does not inherit
 * variables of rxscribe.
 */
const RECORDINGS = JSON.parse(process.env['TEST_MICROPHONES'] ?? '{}');

/** A recorder that plays a recording, then silence, then sends SIGINT to the program as Ctrl-C does. */
class FakeRecorder extends EventEmitter {
  isOpen = true;
  vadScore = 0;
  overrunCount = 0;
  #at = 0;
  #audio;
  #timer = setInterval(() => this.#record(), CHUNK_MS);

  constructor({ device = '' } = {}) {
    super();
    this.#audio = readFileSync(RECORDINGS[device] ?? '');
  }

  aecMetrics() {
    return null;
  }

  #record() {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    chunk.set(this.#audio.subarray(this.#at, this.#at + CHUNK_BYTES));
    this.#at += CHUNK_BYTES;
    this.emit('data', chunk);
    const silent = (this.#at - this.#audio.length) / CHUNK_BYTES;
    if (silent >= SILENT_CHUNKS && silent < SILENT_CHUNKS + 1) process.kill(process.ppid, 'SIGINT');
  }

  stop() {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearInterval(this.#timer);
    this.emit('end');
  }

  destroy() {
    this.stop();
    this.emit('close');
  }
}

try {
  const { Microphone } = createRequire(import.meta.url)('decibri');
  Microphone.open = (options) => Promise.resolve(new FakeRecorder(options));
  Microphone.devices = () => JSON.parse(process.env['TEST_DEVICES'] ?? '[]');
} catch {
  // without the native addon, opening a microphone fails with the real error
}

// The world around a program that is shown to others, so that the program itself runs as it stands: the service is the
// local one, and the microphone hears a recording. Nothing of this package and nothing of the SDK is touched.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import tls from 'node:tls';

const SERVICE = /^streaming(\.\w+)?\.assemblyai\.com$/;
const CHUNK_BYTES = 3200;
const CHUNK_MS = 100;
/** How long the speaker is silent before Ctrl-C, in chunks. */
const SILENT_CHUNKS = 15;

/** Lines to the service lead to the local one; its certificate is verified as ever. */
const { connect } = tls;
tls.connect = (options, ...rest) => {
  const local = { host: 'localhost', port: Number(process.env['RXSCRIBE_TEST_SERVICE']), servername: 'localhost' };
  return connect(SERVICE.test(options.host) ? { ...options, ...local } : options, ...rest);
};

/** A recorder in front of which a recording is played, and then somebody presses Ctrl-C. */
class Recorder extends EventEmitter {
  isOpen = true;
  vadScore = 0;
  overrunCount = 0;
  #at = 0;
  #audio = readFileSync(process.env['RXSCRIBE_TEST_MICROPHONE'] ?? '');
  #timer = setInterval(() => this.#record(), CHUNK_MS);

  #record() {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    chunk.set(this.#audio.subarray(this.#at, this.#at + CHUNK_BYTES));
    this.#at += CHUNK_BYTES;
    this.emit('data', chunk);
    const silent = (this.#at - this.#audio.length) / CHUNK_BYTES;
    if (silent >= SILENT_CHUNKS && silent < SILENT_CHUNKS + 1) process.kill(process.pid, 'SIGINT');
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
  Microphone.open = () => Promise.resolve(new Recorder());
} catch {
  // without the addon there is no microphone, and whoever asks for one is told so
}

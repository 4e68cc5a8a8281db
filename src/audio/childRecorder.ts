import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TranscriptionError } from '../errors.ts';
import { childEnvironment } from './childEnvironment.ts';
import type { AecMetrics, InputDevice, OpenRecorder, RecorderOptions, RecorderStream } from './recorder.ts';
import type { AudioVersion, RecorderReport, RecorderRequest, ReportedError } from './recorderMessages.ts';

/** How long listing the devices or opening one may take, in seconds: more than a Bluetooth headset on a busy machine. */
const TIMEOUT_S = 30;

/** Opens decibri's recorder in a process of its own. */
export const openRecorder: OpenRecorder = (options, released) =>
  new Promise((resolve, reject) => {
    const recorder = new ChildRecorder(options);
    const abandon = (): void => {
      settle();
      recorder.destroy();
      reject(recorderEnded(`the audio system did not open the device within ${TIMEOUT_S} s`));
    };
    const timer = setTimeout(abandon, TIMEOUT_S * 1000);
    const settle = (): void => {
      clearTimeout(timer);
      released.removeEventListener('abort', abandon);
    };
    released.addEventListener('abort', abandon);
    recorder.once('opened', () => {
      settle();
      resolve(recorder);
    });
    recorder.once('error', (error) => {
      settle();
      reject(error);
    });
  });

/** Lists the input devices, and the versions of what lists them, without loading native code into this process. */
export function inspectAudio(): Promise<{ readonly devices: readonly InputDevice[]; readonly version: AudioVersion }> {
  return new Promise((resolve, reject) => {
    const child = startProcess({ type: 'list' });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the audio system did not list its devices within ${TIMEOUT_S} s`));
    }, TIMEOUT_S * 1000);
    child.on('message', (report: RecorderReport) => {
      if (report.type === 'listed') resolve(report);
      else if (report.type === 'error') reject(toError(report.error));
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      reject(ended(code, signal));
    });
  });
}

/** A recorder in a child process, which is killed when it is no longer needed, whatever state it is in. */
class ChildRecorder extends EventEmitter implements RecorderStream {
  isOpen = false;
  vadScore = 0;
  overrunCount = 0;
  device: InputDevice | undefined;
  #aecMetrics: AecMetrics | null = null;
  readonly #child: ChildProcess;
  #isOver = false;

  constructor(options: RecorderOptions) {
    super();
    this.#child = startProcess({ type: 'open', options });
    this.#child.on('message', (report: RecorderReport) => this.#receive(report));
    this.#child.on('error', (error) => this.#finish('error', error));
    this.#child.on('exit', (code, signal) => this.#finish('error', ended(code, signal)));
  }

  stop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#request({ type: 'stop' });
  }

  destroy(): void {
    this.#isOver = true;
    this.#child.kill('SIGKILL');
  }

  pushAecReference(data: Uint8Array): void {
    this.#request({ type: 'aecReference', data });
  }

  aecMetrics(): AecMetrics | null {
    return this.#aecMetrics;
  }

  #request(request: RecorderRequest): void {
    // what cannot be sent, is for a process whose end is being reported
    if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #receive(report: RecorderReport): void {
    if (this.#isOver) return;
    if (report.type === 'data') {
      this.vadScore = report.vadScore;
      this.overrunCount = report.overrunCount;
      this.#aecMetrics = report.aecMetrics;
      this.emit('data', report.chunk);
    } else if (report.type === 'opened') {
      this.device = report.device;
      this.isOpen = true;
      this.emit('opened');
    } else if (report.type === 'error') this.#finish('error', toError(report.error));
    else if (report.type === 'end') this.#finish('end');
    else this.emit(report.type);
  }

  #finish(event: 'error' | 'end', error?: unknown): void {
    if (this.#isOver) return;
    this.destroy();
    this.emit(event, error);
  }
}

function startProcess(request: RecorderRequest): ChildProcess {
  const path = fileURLToPath(new URL('./recorderProcess.js', import.meta.url));
  // Electron's executable runs as Node only with this variable
  const env = { ...childEnvironment(), ELECTRON_RUN_AS_NODE: '1' };
  const child = spawn(process.execPath, [path], {
    env,
    // Native audio libraries print to standard error.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    windowsHide: true,
  });
  child.send(request, () => undefined);
  return child;
}

function toError({ message, code, isOwn }: ReportedError): Error {
  return isOwn ? new TranscriptionError('microphone', message) : Object.assign(new Error(message), { code });
}

function ended(code: number | null, signal: NodeJS.Signals | null): Error {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  return recorderEnded(`the recorder process was ended ${how}`);
}

function recorderEnded(message: string): Error {
  return Object.assign(new Error(message), { code: 'RECORDER_ENDED' });
}

import { EventEmitter } from 'node:events';
import type { InputDevice, RecorderStream } from '../../../src/audio/recorder.ts';

/**
 * A recorder that tests control; it records the calls that it receives. Like the real one, it holds a rest until it is
 * stopped, and then ends.
 */
export class FakeRecorder extends EventEmitter implements RecorderStream {
  readonly calls: string[] = [];
  rest: Uint8Array | undefined;
  isOpen = false;
  device: InputDevice | undefined;
  vadScore = 0;
  overrunCount = 0;

  /** The device starts to capture. */
  start(): this {
    this.isOpen = true;
    return this;
  }

  stop(): void {
    this.calls.push('stop');
    if (this.isOpen) {
      this.isOpen = false;
      queueMicrotask(() => this.#end());
    }
  }

  destroy(): void {
    this.calls.push('destroy');
  }

  pushAecReference(): void {
    this.calls.push('pushAecReference');
  }

  aecMetrics(): null {
    return null;
  }

  #end(): void {
    if (this.rest && !this.calls.includes('destroy')) {
      this.emit('data', this.rest);
    }
    this.emit('end');
    this.emit('close');
  }
}

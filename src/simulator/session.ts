import type { RawData, WebSocket } from 'ws';
import { AudioGate, type Objection } from './audioGate.ts';
import { echo } from './configuration.ts';
import { readControl, type Control } from './control.ts';
import { Hearing } from './hearing.ts';
import { Heartbeat } from './heartbeat.ts';
import type { House } from './house.ts';
import { inject } from './inject.ts';
import { asParameters, complaint, fixedNames, type Parameters } from './parameters.ts';
import type { SessionLog } from './sessionLog.ts';
import { Timers } from './timers.ts';
import type { Message } from './turn.ts';
import type { Wire } from './wire.ts';

/** What a session is given when its connection is accepted. */
export interface Admission {
  readonly query: Parameters;
  readonly apiVersion: string;
  /** Seconds until it expires. */
  readonly lastsSeconds: number;
  /** Milliseconds until `Begin`. */
  readonly beginDelayMs: number;
}

/** One accepted session, from the open socket to its end. */
export class Session {
  readonly #house: House;
  readonly #log: SessionLog;
  readonly #wire: Wire;
  readonly #hearing: Hearing;
  readonly #gate: AudioGate;
  readonly #timers: Timers = new Timers();
  readonly #heartbeat: Heartbeat;
  readonly #openedAt = performance.now();
  #terminating = false;
  #done = false;

  constructor(house: House, log: SessionLog, wire: Wire, query: Parameters) {
    this.#house = house;
    this.#log = log;
    this.#wire = wire;
    this.#hearing = new Hearing(query, house.recogniser, house.options.formatting);
    this.#gate = new AudioGate(this.#hearing.format, house.options.aheadLimitMs);
    this.#heartbeat = new Heartbeat(this.#timers, log, (message) => wire.send([message]));
  }

  /** Listens on the socket from now on. */
  open(socket: WebSocket, admission: Admission): void {
    this.#timers.after('begin', admission.beginDelayMs, () => this.#begin(admission));
    this.#watchActivity();
    socket.on('message', (data, binary) => this.#receive(data, binary));
    socket.on('error', (error) => this.#socketFailed(error));
    socket.on('close', (code) => this.#closed(code));
  }

  #begin({ query, apiVersion, lastsSeconds }: Admission): void {
    const expires = Math.floor(Date.now() / 1000 + lastsSeconds);
    const { id, index } = this.#log;
    this.#wire.begin({ type: 'Begin', id, expires_at: expires, configuration: echo(query, apiVersion) });
    this.#house.tell({ type: 'begin', session: index, id });
    const expire = (): void => this.#wire.fail(3008, 'Session Expired: Maximum session duration exceeded');
    this.#timers.after('expiry', 1000 * lastsSeconds, expire);
    this.#heartbeat.enable(query['session_heartbeat'] === 'true');
    if (this.#done) this.#bow();
  }

  #receive(data: RawData, binary: boolean): void {
    if (this.#wire.over || !Buffer.isBuffer(data)) return;
    if (binary) this.#receiveAudio(data);
    else this.#receiveText(data.toString());
  }

  #receiveAudio(bytes: Uint8Array): void {
    if (this.#terminating) return this.#object('after-terminate', `${bytes.length} bytes of audio after Terminate`);
    this.#watchActivity();
    this.#log.addFrame(bytes.length);
    for (const { code, message, fatal } of this.#gate.check(bytes.length)) {
      if (fatal) return this.#fail(code, 3007, message);
      this.#object(code, message);
    }
    return this.#hear(bytes);
  }

  /** Hears a message up to each fault that strikes within it. */
  #hear(bytes: Uint8Array): void {
    const { faults } = this.#house;
    let rest = bytes;
    while (faults.untilNextMs <= this.#hearing.lengthMs(rest.length)) {
      const before = Math.round(faults.untilNextMs * (this.#hearing.format.bytesPerMs ?? 0));
      this.#listen(rest.subarray(0, before));
      rest = rest.subarray(before);
      const fault = this.#house.strike(this.#log);
      if (fault !== undefined) inject(fault, this.#wire, this.#hearing, () => this.#house.doubleNextFinal());
      if (this.#wire.over) return;
    }
    this.#listen(rest);
  }

  #listen(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const ms = this.#hearing.lengthMs(bytes.length);
    this.#log.addAudio(bytes, ms);
    this.#house.faults.advance(ms);
    this.#tell(this.#hearing.hear(bytes));
  }

  #tell(messages: readonly Message[]): void {
    this.#wire.send(this.#house.withDoubles(messages));
  }

  #receiveText(text: string): void {
    const { message, control } = readControl(text);
    this.#log.addControl(message);
    if (!this.#terminating) this.#obey(control);
    else if (control.type === 'Terminate') this.#object('double-terminate', 'a second Terminate');
    else this.#object('after-terminate', `${control.type} after Terminate`);
  }

  #obey(control: Control): void {
    switch (control.type) {
      case 'UpdateConfiguration':
        return this.#update(asParameters(control.fields));
      case 'ForceEndpoint':
        return this.#tell(this.#hearing.force());
      case 'KeepAlive':
        return this.#watchActivity();
      case 'Terminate':
        return this.#terminate();
      case 'invalid':
        return this.#fail('message', 3006, control.complaint);
      default:
        return control satisfies never;
    }
  }

  #update(update: Parameters): void {
    const wrong = complaint(update, this.#hearing.parameters['speech_model']);
    if (wrong !== undefined) return this.#fail('message', 3006, wrong);
    const fixed = fixedNames(update);
    if (fixed.length > 0) this.#object('message', `not updatable: ${fixed.join(', ')}`);
    this.#hearing.update(update);
    this.#heartbeat.enable(this.#hearing.parameters['session_heartbeat'] === 'true');
  }

  #terminate(): void {
    this.#terminating = true;
    this.#gate.forgiveTail();
    this.#timers.cancel('inactivity');
    const fault = this.#house.strikeAtTerminate(this.#log);
    if (fault === 'reset-after-terminate') return this.#wire.reset();
    if (fault === 'no-termination') return this.#wire.mute();
    this.#tell(this.#hearing.finish());
    return this.#timers.after('termination', this.#house.options.terminationDelayMs, () => this.#bow());
  }

  /** Says goodbye; to a client that terminates before `Begin`, after `Begin`. */
  #bow(): void {
    this.#done = true;
    if (!this.#wire.begun) return;
    const session_duration_seconds = Math.round((performance.now() - this.#openedAt) / 1000);
    const audio_duration_seconds = Math.round(this.#log.audioMs / 1000);
    this.#wire.send([{ type: 'Termination', audio_duration_seconds, session_duration_seconds }]);
    this.#wire.close(1000, 'Session Ended', 'terminate');
  }

  #watchActivity(): void {
    const seconds = Number(this.#hearing.parameters['inactivity_timeout'] ?? Infinity);
    const text = `Session terminated due to inactivity: No messages received for ${seconds} seconds`;
    this.#timers.after('inactivity', 1000 * seconds, () => this.#wire.fail(3006, text));
  }

  #fail(code: Objection['code'], closeCode: number, message: string): void {
    this.#object(code, message);
    this.#wire.fail(closeCode, message);
  }

  #object(code: Objection['code'], message: string): void {
    this.#house.object({ session: this.#log.index, atMs: this.#log.audioMs, code, message });
  }

  #socketFailed(error: Error): void {
    if (!('code' in error) || error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return;
    this.#log.endedBy ??= 'error';
    this.#object('frame-size', 'a message over 128 KB');
  }

  #closed(code: number): void {
    this.#timers.cancelAll();
    if (!this.#wire.over) for (const { code: kind, message } of this.#gate.settle()) this.#object(kind, message);
    this.#house.ended(this.#log, code);
  }
}

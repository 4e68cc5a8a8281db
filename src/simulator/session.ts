import type { RawData, WebSocket } from 'ws';
import { AudioPipeline } from './audioPipeline.ts';
import { AudioValidator } from './audioValidator.ts';
import { beginConfiguration } from './configuration.ts';
import { parseControlMessage, type ControlMessage } from './controlMessage.ts';
import { CANCELLED, applyFault } from './faultInjection.ts';
import type { StreamFault } from './faults.ts';
import type { DueFault } from './faultSchedule.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ViolationCode } from './options.ts';
import { namesNotUpdatable, validateUpdate, type Parameters } from './parameters.ts';
import type { PoisonDetector } from './poisonDetector.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import type { ServiceState } from './serviceState.ts';
import type { SessionLog } from './sessionLog.ts';
import type { SessionSocket } from './sessionSocket.ts';
import type { SpeechEngine } from './speechEngine.ts';
import { Timers } from './timers.ts';

/** What a session is granted when its connection is accepted. */
export interface SessionTerms {
  readonly parameters: Parameters;
  readonly apiVersion: string;
  /** Seconds until it expires. */
  readonly maxSeconds: number;
  /** Milliseconds until `Begin`. */
  readonly beginDelayMs: number;
}

/** One accepted session, from the open socket to its end. */
export class Session {
  readonly #service: ServiceState;
  readonly #terms: SessionTerms;
  readonly #log: SessionLog;
  readonly #socket: SessionSocket;
  readonly #pipeline: AudioPipeline;
  readonly #engine: SpeechEngine | undefined;
  readonly #validator: AudioValidator;
  readonly #poison: PoisonDetector | undefined;
  readonly #timers: Timers = new Timers();
  readonly #heartbeat: Heartbeat;
  readonly #openedAt = performance.now();
  #terminating = false;
  #finished = false;

  constructor(service: ServiceState, log: SessionLog, socket: SessionSocket, terms: SessionTerms) {
    this.#service = service;
    this.#terms = terms;
    this.#log = log;
    this.#socket = socket;
    this.#pipeline = new AudioPipeline(terms.parameters, service.recogniser, service.options.formatting);
    this.#validator = new AudioValidator(this.#pipeline.format, service.options.aheadLimitMs);
    this.#poison = service.createPoisonDetector();
    this.#engine = service.engine?.({
      sampleRate: this.#pipeline.format.sampleRate,
      parameters: terms.parameters,
      send: (message) => this.#send([message]),
      complete: () => this.#terminateSoon(service.options.terminationDelayMs),
      fail: () => this.#socket.fail(3005, CANCELLED),
    });
    this.#heartbeat = new Heartbeat(this.#timers, log, (message) => socket.send([message]));
  }

  /** Starts to listen on the socket. */
  open(webSocket: WebSocket): void {
    this.#timers.after('begin', this.#terms.beginDelayMs, () => this.#begin());
    this.#restartInactivityTimer();
    webSocket.on('message', (data, binary) => this.#receive(data, binary));
    webSocket.on('error', (error) => this.#onSocketError(error));
    webSocket.on('close', (code) => this.#onClose(code));
  }

  #begin(): void {
    const { parameters, apiVersion, maxSeconds } = this.#terms;
    const { id, index } = this.#log;
    const expires_at = Math.floor(Date.now() / 1000 + maxSeconds);
    this.#socket.begin({ type: 'Begin', id, expires_at, configuration: beginConfiguration(parameters, apiVersion) });
    this.#service.emit({ type: 'begin', session: index, id });
    const expire = (): void => this.#socket.fail(3008, 'Session Expired: Maximum session duration exceeded');
    this.#timers.after('expiry', 1000 * maxSeconds, expire);
    this.#heartbeat.enable(parameters['session_heartbeat'] === 'true');
    if (this.#finished) this.#sendTermination();
  }

  #receive(data: RawData, binary: boolean): void {
    if (this.#socket.ended || this.#socket.deaf || !Buffer.isBuffer(data)) return;
    if (binary) this.#receiveAudio(data);
    else this.#receiveText(data.toString());
  }

  #receiveAudio(bytes: Uint8Array): void {
    if (this.#terminating) return this.#report('after-terminate', `${bytes.length} bytes of audio after Terminate`);
    this.#restartInactivityTimer();
    this.#log.addFrame(bytes.length);
    for (const { code, message, fatal } of this.#validator.check(bytes.length)) {
      if (fatal) return this.#fail(code, 3007, message);
      this.#report(code, message);
    }
    return this.#processAudio(bytes);
  }

  /** Processes one audio message and applies the faults that are due within it, each at its byte. */
  #processAudio(bytes: Uint8Array): void {
    const poison = this.#poison?.push(this.#pipeline.toPcm(bytes));
    if (poison !== undefined) return this.#applyPoison(poison);
    const { faults } = this.#service;
    let rest = bytes;
    while (faults.untilNextMs <= this.#pipeline.lengthMs(rest.length)) {
      const before = Math.round(faults.untilNextMs * (this.#pipeline.format.bytesPerMs ?? 0));
      this.#recognise(rest.subarray(0, before));
      rest = rest.subarray(before);
      const due = this.#service.takeStreamFault(this.#log);
      if (due !== undefined) this.#applyFault(due);
      if (this.#socket.ended || this.#socket.deaf) return;
    }
    this.#recognise(rest);
  }

  #applyPoison(fault: StreamFault): void {
    this.#service.emitFault(this.#log, 'poison');
    this.#applyFault({ atMs: this.#log.audioMs, fault });
  }

  #applyFault(due: DueFault<StreamFault>): void {
    applyFault(due, this.#socket, this.#pipeline, () => this.#service.duplicateNextFinal());
    if (this.#socket.deaf) this.#heartbeat.enable(true, 1000);
  }

  #recognise(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const ms = this.#pipeline.lengthMs(bytes.length);
    this.#log.addAudio(bytes, ms);
    if (this.#service.options.keepAudio) this.#service.audioBudget.add(this.#log, bytes.length);
    this.#service.faults.advance(ms);
    if (this.#engine) this.#engine.push(this.#pipeline.toPcm(bytes));
    else this.#send(this.#pipeline.push(bytes));
  }

  #send(messages: readonly ServiceMessage[]): void {
    this.#socket.send(this.#service.withDuplicates(messages));
  }

  #receiveText(text: string): void {
    const { received, control } = parseControlMessage(text);
    this.#log.addControl(received);
    if (!this.#terminating) this.#handleControl(control);
    else if (control.type === 'Terminate') this.#report('double-terminate', 'a second Terminate');
    else this.#report('after-terminate', `${control.type} after Terminate`);
  }

  #handleControl(control: ControlMessage): void {
    switch (control.type) {
      case 'UpdateConfiguration':
        return this.#update(control.fields);
      case 'ForceEndpoint':
        if (this.#engine) return this.#engine.forceEndpoint();
        return this.#send(this.#pipeline.forceEndpoint());
      case 'KeepAlive':
        return this.#restartInactivityTimer();
      case 'Terminate':
        return this.#terminate();
      case 'invalid':
        return this.#fail('message', 3006, control.error);
      default:
        return control satisfies never;
    }
  }

  #update(fields: Readonly<Record<string, unknown>>): void {
    const validated = validateUpdate(fields, this.#pipeline.parameters['speech_model']);
    if ('error' in validated) return this.#fail('message', 3006, validated.error);
    const update = validated.parameters;
    const fixed = namesNotUpdatable(update);
    if (fixed.length > 0) this.#report('message', `not updatable: ${fixed.join(', ')}`);
    this.#pipeline.update(update);
    this.#heartbeat.enable(this.#pipeline.parameters['session_heartbeat'] === 'true');
  }

  #terminate(): void {
    this.#terminating = true;
    this.#validator.acceptTail();
    this.#timers.cancel('inactivity');
    const due = this.#service.takeTerminateFault(this.#log);
    switch (due?.fault) {
      case 'reset-after-terminate':
        return this.#socket.reset();
      case 'no-termination':
        return this.#socket.mute();
      case 'late-termination':
        return this.#timers.after('termination', due.ms ?? 7000, () => this.#finish(0));
      case 'close-without-termination':
        this.#send(this.#pipeline.finish());
        return this.#socket.close(1000, '', 'fault');
      default:
        return this.#finish(this.#service.options.terminationDelayMs);
    }
  }

  #finish(delayMs: number): void {
    if (this.#engine) return this.#engine.end();
    this.#send(this.#pipeline.finish());
    this.#terminateSoon(delayMs);
  }

  #terminateSoon(delayMs: number): void {
    this.#timers.after('termination', delayMs, () => this.#sendTermination());
  }

  /** Ends the session as `Terminate` requests. A client may send that before `Begin`; the answer then follows `Begin`. */
  #sendTermination(): void {
    this.#finished = true;
    if (!this.#socket.begun) return;
    const session_duration_seconds = Math.round((performance.now() - this.#openedAt) / 1000);
    const audio_duration_seconds = Math.round(this.#log.audioMs / 1000);
    this.#socket.send([{ type: 'Termination', audio_duration_seconds, session_duration_seconds }]);
    this.#socket.close(1000, 'Session Ended', 'terminate');
  }

  #restartInactivityTimer(): void {
    const seconds = Number(this.#pipeline.parameters['inactivity_timeout'] ?? Infinity);
    const text = `Session terminated due to inactivity: No messages received for ${seconds} seconds`;
    this.#timers.after('inactivity', 1000 * seconds, () => this.#socket.fail(3006, text));
  }

  #fail(code: ViolationCode, closeCode: number, message: string): void {
    this.#report(code, message);
    this.#socket.fail(closeCode, message);
  }

  #report(code: ViolationCode, message: string): void {
    this.#service.reportViolation({ session: this.#log.index, atMs: this.#log.audioMs, code, message });
  }

  #onSocketError(error: Error): void {
    if (!('code' in error) || error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return;
    this.#log.endedBy ??= 'error';
    this.#report('frame-size', 'a message over 128 KB');
  }

  #onClose(code: number): void {
    this.#timers.cancelAll();
    this.#engine?.close();
    if (!this.#socket.ended)
      for (const problem of this.#validator.takePending()) this.#report(problem.code, problem.message);
    this.#service.closeLog(this.#log, code);
  }
}

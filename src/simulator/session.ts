import type { RawData, WebSocket } from 'ws';
import { formatOf, toPcm, type AudioFormat } from './audioFormat.ts';
import { AudioGate, type Objection } from './audioGate.ts';
import { echo, settingsOf, styleOf, updated } from './configuration.ts';
import { Heartbeat } from './heartbeat.ts';
import type { House } from './house.ts';
import { asParameters, complaint, fixedNames, type Parameters } from './parameters.ts';
import type { Recogniser } from './recogniser.ts';
import type { SessionLog } from './sessionLog.ts';
import { SpeakerLabels } from './speakerLabels.ts';
import { Timers } from './timers.ts';
import { TurnLogic } from './turnLogic.ts';
import { Wire } from './wire.ts';

/** What a session is given when its connection is accepted. */
export interface Admission {
  readonly query: Parameters;
  readonly apiVersion: string;
  /** Seconds until it expires. */
  readonly lastsSeconds: number;
}

/** One accepted session, from the open socket to its end. */
export class Session {
  readonly #house: House;
  readonly #log: SessionLog;
  readonly #wire: Wire;
  readonly #timers: Timers = new Timers();
  readonly #format: AudioFormat;
  readonly #gate: AudioGate;
  readonly #recogniser: Recogniser;
  readonly #turns: TurnLogic;
  readonly #heartbeat: Heartbeat;
  #parameters: Parameters;
  #openedAt = performance.now();
  #terminating = false;

  constructor(socket: WebSocket, house: House, log: SessionLog, admission: Admission) {
    const { query } = admission;
    this.#house = house;
    this.#log = log;
    this.#wire = new Wire(socket, log);
    this.#parameters = query;
    this.#format = formatOf(query);
    this.#gate = new AudioGate(this.#format, house.options.aheadLimitMs);
    this.#recogniser = house.recogniser(this.#format.sampleRate);
    const speakers = query['speaker_labels'] === 'true' ? new SpeakerLabels() : undefined;
    this.#turns = new TurnLogic(styleOf(query), settingsOf(query, house.options.formatting), speakers);
    this.#heartbeat = new Heartbeat(this.#timers, log, (message) => this.#wire.send([message]));
    this.#timers.after('begin', house.options.beginDelayMs, () => this.#begin(admission));
    this.#watchActivity();
    socket.on('message', (data, binary) => this.#receive(data, binary));
    socket.on('error', (error) => this.#socketFailed(error));
    socket.on('close', (code) => this.#closed(code));
  }

  #begin({ query, apiVersion, lastsSeconds }: Admission): void {
    const expires = Math.floor(Date.now() / 1000 + lastsSeconds);
    const configuration = echo(query, apiVersion);
    this.#wire.begin({ type: 'Begin', id: this.#log.id, expires_at: expires, configuration });
    this.#house.tell({ type: 'begin', session: this.#log.index, id: this.#log.id });
    this.#timers.after('expiry', 1000 * lastsSeconds, () =>
      this.#wire.fail(3008, 'Session Expired: Maximum session duration exceeded'),
    );
    this.#heartbeat.enable(query['session_heartbeat'] === 'true');
  }

  #receive(data: RawData, binary: boolean): void {
    if (this.#wire.over) return;
    const bytes = data as Buffer;
    if (binary) this.#receiveAudio(bytes);
    else this.#receiveText(bytes.toString());
  }

  #receiveAudio(bytes: Uint8Array): void {
    if (this.#terminating) return this.#object('after-terminate', `${bytes.length} bytes of audio after Terminate`);
    this.#watchActivity();
    this.#log.addFrame(bytes.length);
    this.#judge(this.#gate.check(bytes.length));
    if (!this.#wire.over) this.#hear(bytes);
  }

  #hear(bytes: Uint8Array): void {
    this.#log.addAudio(bytes, bytes.length / (this.#format.bytesPerMs ?? Infinity));
    const heard = this.#recogniser.push(toPcm(bytes, this.#format.encoding));
    this.#wire.send(this.#turns.advance(this.#recogniser.settledMs, heard));
  }

  #receiveText(text: string): void {
    let message: { readonly type?: unknown } & Readonly<Record<string, unknown>>;
    try {
      message = JSON.parse(text);
    } catch (error) {
      return this.#refuse(`Invalid JSON: ${(error as Error).message}`);
    }
    this.#log.addControl(message);
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      return this.#refuse('Invalid Message: expected an object');
    }
    if (this.#terminating && message.type === 'Terminate')
      return this.#object('double-terminate', 'a second Terminate');
    if (this.#terminating) return this.#object('after-terminate', `${String(message.type)} after Terminate`);
    switch (message.type) {
      case 'UpdateConfiguration':
        return this.#update(message);
      case 'ForceEndpoint':
        return this.#wire.send(this.#turns.force());
      case 'KeepAlive':
        return this.#watchActivity();
      case 'Terminate':
        return this.#terminate();
      default:
        return this.#refuse(`Invalid Message Type: ${String(message.type)}`);
    }
  }

  #update({ type: _type, ...fields }: Readonly<Record<string, unknown>>): void {
    const update = asParameters(fields);
    const wrong = complaint({
      ...update,
      ...(update['mode'] && { speech_model: this.#parameters['speech_model'] ?? '' }),
    });
    if (wrong !== undefined) return this.#fatal('message', 3006, wrong);
    const fixed = fixedNames(update);
    if (fixed.length > 0) this.#object('message', `not updatable: ${fixed.join(', ')}`);
    this.#parameters = updated(this.#parameters, update);
    this.#turns.settings = settingsOf(this.#parameters, this.#house.options.formatting);
    this.#heartbeat.enable(this.#parameters['session_heartbeat'] === 'true');
  }

  #terminate(): void {
    this.#terminating = true;
    this.#gate.forgiveTail();
    this.#timers.cancel('inactivity');
    this.#wire.send(this.#turns.advance(this.#recogniser.settledMs, this.#recogniser.end()));
    const last = this.#turns.finish();
    this.#timers.after('termination', this.#house.options.terminationDelayMs, () => {
      const seconds = Math.round((performance.now() - this.#openedAt) / 1000);
      const audio_duration_seconds = Math.round(this.#log.audioMs / 1000);
      this.#wire.send([...last, { type: 'Termination', audio_duration_seconds, session_duration_seconds: seconds }]);
      this.#wire.close(1000, 'Session Ended', 'terminate');
    });
  }

  #watchActivity(): void {
    const seconds = Number(this.#parameters['inactivity_timeout'] ?? Infinity);
    const text = `Session terminated due to inactivity: No messages received for ${seconds} seconds`;
    this.#timers.after('inactivity', 1000 * seconds, () => this.#wire.fail(3006, text));
  }

  #judge(objections: readonly Objection[]): void {
    for (const { code, message, fatal } of objections) {
      if (fatal) this.#fatal(code, 3007, message);
      else this.#object(code, message);
    }
  }

  #refuse(message: string): void {
    this.#fatal('message', 3006, `User Input Validation Error: ${message}`);
  }

  #fatal(code: Objection['code'], closeCode: number, message: string): void {
    this.#object(code, message);
    this.#wire.fail(closeCode, message);
  }

  #object(code: Objection['code'], message: string): void {
    this.#house.object({ session: this.#log.index, atMs: this.#log.audioMs, code, message });
  }

  #socketFailed(error: Error): void {
    if ((error as { code?: unknown }).code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return;
    this.#log.endedBy ??= 'error';
    this.#object('frame-size', 'a message over 128 KB');
  }

  #closed(code: number): void {
    this.#timers.cancelAll();
    this.#judge(this.#gate.settle());
    this.#house.ended(this.#log, code);
  }
}

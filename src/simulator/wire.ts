import type { WebSocket } from 'ws';
import type { EndedBy } from './options.ts';
import type { SessionLog } from './sessionLog.ts';
import type { Message } from './turn.ts';

const SEE_ERROR = 'See Error message for details';

/** The service's side of one socket: what is sent is counted, held back until `Begin`, and nothing follows the end. */
export class Wire {
  readonly #socket: WebSocket;
  readonly #log: SessionLog;
  readonly #reset: () => void;
  #held: Message[] | undefined = [];
  #over = false;

  /** `reset` breaks the TCP connection under the socket. */
  constructor(socket: WebSocket, log: SessionLog, reset: () => void) {
    this.#socket = socket;
    this.#log = log;
    this.#reset = reset;
  }

  /** Whether the service is done with this connection: nothing is sent any more, and nothing heard. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether `Begin` was sent. */
  get begun(): boolean {
    return this.#held === undefined;
  }

  /** Sends `Begin` and what was held back. */
  begin(message: Message): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.send([message, ...held]);
  }

  send(messages: readonly Message[]): void {
    if (this.#over) return;
    if (this.#held === undefined) for (const message of messages) this.#write(message);
    else this.#held.push(...messages);
  }

  /** Sends what no client expects. */
  sendRaw(data: string | Uint8Array): void {
    if (this.#over) return;
    this.#log.addSent('raw');
    this.#socket.send(data);
  }

  /** Ends the session with an `Error` frame and, unless it is left open, the close code of the same number. */
  fail(code: number, error: string, endedBy: EndedBy = 'error', leftOpen = false): void {
    if (this.#over) return;
    this.#write({ type: 'Error', error_code: code, error });
    if (leftOpen) this.#end(endedBy);
    else this.close(code, SEE_ERROR, endedBy);
  }

  close(code: number, reason: string, endedBy: EndedBy): void {
    if (this.#over) return;
    this.#end(endedBy);
    this.#socket.close(code, reason);
  }

  /** Breaks the connection. */
  reset(): void {
    this.#end('fault');
    this.#reset();
  }

  /** Falls silent and deaf. */
  stall(): void {
    this.#end('fault');
    this.#socket.pause();
  }

  /** Says nothing any more, but goes on reading. */
  mute(): void {
    this.#end('fault');
  }

  #end(endedBy: EndedBy): void {
    this.#over = true;
    this.#log.endedBy ??= endedBy;
  }

  #write(message: Message): void {
    this.#log.addSent(message.type);
    this.#socket.send(JSON.stringify(message));
  }
}

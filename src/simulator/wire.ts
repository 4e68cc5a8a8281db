import type { WebSocket } from 'ws';
import type { EndedBy } from './options.ts';
import type { SessionLog } from './sessionLog.ts';
import type { Message } from './turn.ts';

const SEE_ERROR = 'See Error message for details';

/** The service's side of one socket: what is sent is counted, held back until `Begin`, and nothing follows the end. */
export class Wire {
  readonly #socket: WebSocket;
  readonly #log: SessionLog;
  #held: Message[] | undefined = [];
  #over = false;

  constructor(socket: WebSocket, log: SessionLog) {
    this.#socket = socket;
    this.#log = log;
  }

  /** Whether the service is done with this connection: nothing is sent any more, and nothing heard. */
  get over(): boolean {
    return this.#over;
  }

  /** Sends `Begin` and what was held back. */
  begin(message: Message): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.send([message, ...held]);
  }

  send(messages: readonly Message[]): void {
    if (this.#over) return;
    if (this.#held !== undefined) this.#held.push(...messages);
    else for (const message of messages) this.#write(message);
  }

  /** Ends the session with an `Error` frame and the close code of the same number. */
  fail(code: number, error: string): void {
    if (this.#over) return;
    this.#write({ type: 'Error', error_code: code, error });
    this.close(code, SEE_ERROR, 'error');
  }

  close(code: number, reason: string, endedBy: EndedBy): void {
    if (this.#over) return;
    this.#over = true;
    this.#log.endedBy ??= endedBy;
    this.#socket.close(code, reason);
  }

  #write(message: Message): void {
    this.#log.addSent(message.type);
    this.#socket.send(JSON.stringify(message));
  }
}

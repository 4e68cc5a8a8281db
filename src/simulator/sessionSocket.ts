import type { WebSocket } from 'ws';
import type { Fault } from './faults.ts';
import type { EndedBy } from './options.ts';
import { rewriteMessage } from './rewriteMessage.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import type { SessionLog } from './sessionLog.ts';

const SEE_ERROR = 'See Error message for details';

/** The sending side of one connection: it holds messages until `Begin`, counts them, and sends nothing after the end. */
export class SessionSocket {
  readonly #socket: WebSocket;
  readonly #log: SessionLog;
  readonly #reset: () => void;
  #held: ServiceMessage[] | undefined = [];
  #ended = false;
  #deaf = false;
  #rewrite: { left: number; readonly replace: Fault['replace'] } | undefined;

  /** @param reset Resets the TCP connection under the socket. */
  constructor(socket: WebSocket, log: SessionLog, reset: () => void) {
    this.#socket = socket;
    this.#log = log;
    this.#reset = reset;
  }

  /** Whether the service has finished with this connection: it sends nothing more and ignores what it receives. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the service has stopped reading. */
  get deaf(): boolean {
    return this.#deaf;
  }

  /** Whether `Begin` was sent. */
  get begun(): boolean {
    return this.#held === undefined;
  }

  /** Sends `Begin`, then the messages held until now. */
  begin(message: ServiceMessage): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.send([message, ...held]);
  }

  send(messages: readonly ServiceMessage[]): void {
    if (this.#ended) return;
    if (this.#held === undefined) for (const message of messages) this.#write(message);
    else this.#held.push(...messages);
  }

  /** Sends data that no client expects. */
  sendRaw(data: string | Uint8Array): void {
    if (this.#ended) return;
    this.#log.addSent('raw');
    this.#socket.send(data);
  }

  /** Ends the session with an `Error` and, unless the socket is left open, the close code of the same number. */
  fail(code: number, error: string, endedBy: EndedBy = 'error', leftOpen = false): void {
    if (this.#ended) return;
    this.#write({ type: 'Error', error_code: code, error });
    if (leftOpen) this.#end(endedBy);
    else this.close(code, SEE_ERROR, endedBy);
  }

  close(code: number, reason: string, endedBy: EndedBy): void {
    if (this.#ended) return;
    this.#end(endedBy);
    this.#socket.close(code, reason);
  }

  /** Resets the connection. */
  reset(): void {
    this.#end('fault');
    this.#reset();
  }

  /** Sends and reads nothing more; the connection stays open. */
  stall(): void {
    this.#end('fault');
    this.#socket.pause();
  }

  /** Reads nothing more, but still sends. */
  deafen(): void {
    this.#deaf = true;
    this.#log.endedBy ??= 'fault';
    this.#socket.pause();
  }

  /** Changes the next `count` messages that `replace` affects. */
  rewriteNext(count: number, replace: Fault['replace']): void {
    this.#rewrite = { left: count, replace };
  }

  /** Sends nothing more, but still reads. */
  mute(): void {
    this.#end('fault');
  }

  #end(endedBy: EndedBy): void {
    this.#ended = true;
    this.#log.endedBy ??= endedBy;
  }

  #write(message: ServiceMessage): void {
    this.#log.addSent(message.type);
    this.#socket.send(this.#rewritten(message) ?? JSON.stringify(message));
  }

  #rewritten(message: ServiceMessage): string | undefined {
    const rewrite = this.#rewrite;
    const text = rewrite === undefined ? undefined : rewriteMessage(message, rewrite.replace);
    if (rewrite !== undefined && text !== undefined && --rewrite.left === 0) this.#rewrite = undefined;
    return text;
  }
}

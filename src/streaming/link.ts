/** The parts of the SDK's private socket that every runtime has. */
export interface Socket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  close(): void;
}

/** What a session needs of its connection besides sending: liveness, backpressure and the end. Runtimes differ in these. */
export interface Link {
  /** Whether the connection is open. */
  readonly open: boolean;
  /** Bytes that have not left this process. */
  readonly bufferedBytes: number;
  /** Whether the socket may read a message after it was sent; otherwise it has masked or copied it by then. */
  readonly readsLater: boolean;
  /** Called for each message from the service, with its type if it has one. */
  received(type?: string): void;
  /** Called for each message of audio that was sent, with its length in bytes. */
  sent(bytes: number): void;
  /**
   * Starts to check that the connection is alive: it can be dead although it is open, and silence does not prove it.
   *
   * @param stallTimeout Time within which a dead connection is noticed, in milliseconds.
   * @param onLost Called with the reason.
   */
  watch(stallTimeout: number, onLost: (reason: string) => void): void;
  /** Resolves when everything sent so far has left this process, or never will; it does not reject. */
  flushed(): Promise<void>;
  /** Stops watching and ends the connection, at once or after a closing handshake. */
  end(atOnce: boolean): void;
}

/** Creates the link of one session from its socket. */
export type OpenLink = (socket: Socket) => Link;

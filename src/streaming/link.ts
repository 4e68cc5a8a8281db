/** The SDK's socket is private, and the SDK leaves it unguarded; these are the parts of it that every runtime has. */
export interface Socket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  close(): void;
}

/** What a session needs of its connection besides sending, which is the SDK's part. Runtimes differ in how it is had. */
export interface Link {
  /** Whether what is sent now goes out. */
  readonly open: boolean;
  /** How many bytes wait to leave this process. */
  readonly waiting: number;
  /** Takes note of a message from the service, by its type if it has one. */
  heard(type?: string): void;
  /** Takes note of audio that was sent, in bytes. */
  sent(bytes: number): void;
  /**
   * Looks for signs of life from now on: a connection can be dead although it is open, and silence is no sign of it.
   *
   * @param stallTimeout Within which time death is noticed, in milliseconds.
   * @param lost Called with what is wrong.
   */
  watch(stallTimeout: number, lost: (why: string) => void): void;
  /** Resolves when all that was sent so far has left this process, or never will; it does not reject. */
  written(): Promise<void>;
  /** Ends the connection, at once or when a closing handshake had its time, and what is watched. */
  end(atOnce: boolean): void;
}

/** Takes hold of the socket of one session. */
export type OpenLink = (socket: Socket) => Link;

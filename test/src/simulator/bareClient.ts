import { WebSocket } from 'ws';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/index.ts';

export type Received = { readonly type?: string } & Readonly<Record<string, unknown>>;

/** Starts a service with the authority that this process trusts. */
export function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const caDir = process.env['RXSCRIBE_TEST_CA_DIR'];
  return startSimulator(caDir === undefined ? options : { caDir, ...options });
}

interface DialOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Record<string, string>;
}

/** A plain WebSocket client: it sends whatever a test sends, valid or not. */
export class BareClient {
  /** The JSON messages received so far. */
  readonly received: Received[] = [];
  /** All messages received so far: text, or bytes if binary. */
  readonly raw: (string | Uint8Array)[] = [];
  /** How the connection ended. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Resolves once the socket is open. */
  readonly ready: Promise<void>;
  readonly errors: string[] = [];
  readonly #socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor({ url, apiKey }: Simulator, { query = {}, headers = { authorization: apiKey } }: DialOptions = {}) {
    const target = new URL(url);
    for (const [name, value] of Object.entries({ sample_rate: 16_000, ...query })) {
      target.searchParams.set(name, String(value));
    }
    this.#socket = new WebSocket(target, { headers });
    this.#socket.on('message', (data: Buffer, binary) => this.#take(data, binary));
    this.ready = new Promise((resolve) => this.#socket.once('open', () => resolve()));
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    this.#socket.on('error', (error) => this.errors.push(error.message));
  }

  get types(): (string | undefined)[] {
    return this.received.map(({ type }) => type);
  }

  get turns(): Received[] {
    return this.received.filter(({ type }) => type === 'Turn');
  }

  get finals(): Received[] {
    return this.turns.filter((turn) => turn['end_of_turn'] === true);
  }

  get transcript(): string {
    return this.finals.map((turn) => turn['transcript']).join(' ');
  }

  /** Resolves with the first message of this type, received or yet to come; rejects if the connection ends without one. */
  async message(type: string): Promise<Received> {
    let over = false;
    void this.closed.then(() => (over = true));
    for (;;) {
      const found = this.received.find((message) => message.type === type);
      if (found !== undefined) return found;
      if (over) throw new Error(`closed without ${type}, received ${this.types.join(' ')}`);
      // oxlint-disable-next-line no-await-in-loop -- one wait per message is the point
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async opened(): Promise<this> {
    await this.message('Begin');
    return this;
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends audio in messages of `size` bytes. */
  sendAudio(pcm: Uint8Array, size = 3200): void {
    for (let at = 0; at < pcm.length; at += size) this.#socket.send(pcm.subarray(at, at + size));
  }

  /** Terminates and resolves once the connection is closed. */
  finish(): Promise<{ code: number; reason: string }> {
    this.send({ type: 'Terminate' });
    return this.closed;
  }

  /** Destroys the connection, without `Terminate`. */
  destroy(): void {
    this.#socket.terminate();
  }

  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('pong', () => resolve());
      this.#socket.ping();
    });
  }

  #take(data: Buffer, binary: boolean): void {
    const text = data.toString();
    this.raw.push(binary ? new Uint8Array(data) : text);
    if (!binary && text.startsWith('{')) this.received.push(JSON.parse(text));
    this.#wake();
  }
}

import type { Formatting } from './configuration.ts';
import type { FaultPlan, FaultKind } from './faults.ts';
import type { RecogniserFactory } from './recogniser.ts';
import type { Recording } from './recording.ts';

/** How the local service is set up. All fields are optional. */
export interface SimulatorOptions {
  /** TCP port on loopback; 0 takes a free one. @defaultValue `0` */
  readonly port?: number;
  /** What it recognises. @defaultValue the bundled recording */
  readonly recordings?: readonly Recording[];
  /** What stands behind the protocol instead of known recordings; `recordings` are then not used. */
  readonly recogniser?: RecogniserFactory;
  /** The one key it accepts. @defaultValue a random one */
  readonly apiKey?: string;
  /** Directory in which the certificate authority is kept and found again. @defaultValue a temporary one, removed on close */
  readonly caDir?: string;
  /** Whether audio and frame lengths are kept per session; switch it off for runs of many hours. @defaultValue `true` */
  readonly keepAudio?: boolean;
  /** Milliseconds from the opened socket to `Begin`; about 600 on the live service, 1200 from dialling. @defaultValue `0` */
  readonly beginDelayMs?: number;
  /** Milliseconds from `Terminate` to `Termination`; 600 to 1200 on the live service. @defaultValue `0` */
  readonly terminationDelayMs?: number;
  /** Seconds until a session expires; a token may ask for less. @defaultValue `10800` */
  readonly maxSessionSeconds?: number;
  /** How a bad key is refused: on the opened socket, or on the upgrade. @defaultValue `'error-frame'` */
  readonly refuse?: 'error-frame' | 'http-401' | 'http-403';
  /** Finals of the Universal-Streaming models with `format_turns=true`. @defaultValue `'two-finals'` */
  readonly formatting?: Formatting;
  /** Milliseconds of audio a client may be ahead of real time before 3007. @defaultValue `Infinity` */
  readonly aheadLimitMs?: number;
  /** New sessions within a minute before 1008 `Too many concurrent sessions`. @defaultValue `Infinity` */
  readonly sessionsPerMinute?: number;
  /** What goes wrong, and when. @defaultValue nothing */
  readonly faults?: FaultPlan;
  /** Called with everything that happens, as it happens. */
  readonly onEvent?: (event: SimulatorEvent) => void;
}

/** A running local service. */
export interface Simulator {
  /** Where it listens: `wss://localhost:PORT/v3/ws`. */
  readonly url: string;
  /** PEM file of its certificate authority: start clients with `NODE_EXTRA_CA_CERTS` set to it. */
  readonly caFile: string;
  /** The one key it accepts. */
  readonly apiKey: string;
  /** One record per connection to the streaming path, accepted or refused, in order. */
  readonly sessions: readonly SessionRecord[];
  /** Every breach of the protocol by a client, in order. */
  readonly violations: readonly Violation[];
  /** Ends all connections at once, stops listening and removes a temporary authority. May be called again. */
  close(): Promise<void>;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What ended a session: a `Terminate`, the client leaving without one, an `Error` frame, an injected fault. */
export type EndedBy = 'terminate' | 'client-close' | 'error' | 'fault';

/** What the service saw of one connection. */
export interface SessionRecord {
  /** Position in `sessions`, from 0. */
  readonly index: number;
  /** The id `Begin` carries. */
  readonly id: string;
  /** The query as received; a `token` reads `***`. */
  readonly params: Readonly<Record<string, string>>;
  /** Names in the query that the service does not know, and ignored. */
  readonly unknownParams: readonly string[];
  /** Whether a good key or token came with the connection. */
  readonly authorization: 'ok' | 'missing' | 'invalid';
  /** Milliseconds of audio heard, by the declared rate; 0 for compressed encodings. */
  readonly audioMs: number;
  /** Bytes of audio heard. */
  readonly audioBytes: number;
  /** Lengths in bytes of the binary messages, in order; empty without `keepAudio`. */
  readonly frameBytes: readonly number[];
  /** All audio heard, as one array; empty without `keepAudio`. */
  audio(): Uint8Array;
  /** Text messages received, parsed (as text where they are not JSON), in order; without `keepAudio` the latest 100. */
  readonly controls: readonly unknown[];
  /** How many messages of each type were sent. */
  readonly sent: Readonly<Record<string, number>>;
  /** Undefined while the session runs, and when the service itself was closed. */
  readonly endedBy: EndedBy | undefined;
  /** Close code of the WebSocket; 1006 where none was exchanged. */
  readonly closeCode: number | undefined;
}

/** What kind of breach it was. */
export type ViolationCode =
  | 'parameter'
  | 'message'
  | 'frame-duration'
  | 'frame-size'
  | 'odd-length'
  | 'rate'
  | 'after-terminate'
  | 'double-terminate';

/** A breach of the protocol by a client. */
export interface Violation {
  /** Index of the session in `sessions`. */
  readonly session: number;
  /** Milliseconds of audio that session had heard. */
  readonly atMs: number;
  readonly code: ViolationCode;
  readonly message: string;
}

/** What happens at the service, told apart by `type`. `session` is an index into `sessions`. */
export type SimulatorEvent =
  | { readonly type: 'connection'; readonly session: number; readonly authorization: SessionRecord['authorization'] }
  | { readonly type: 'begin'; readonly session: number; readonly id: string }
  | { readonly type: 'violation'; readonly session: number; readonly violation: Violation }
  | { readonly type: 'fault'; readonly session: number; readonly fault: FaultKind; readonly atMs: number }
  | {
      readonly type: 'end';
      readonly session: number;
      readonly endedBy: EndedBy | undefined;
      readonly closeCode: number | undefined;
    };

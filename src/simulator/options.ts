import type { Formatting } from './configuration.ts';
import type { FaultPlan, FaultKind } from './faults.ts';
import type { RecogniserFactory } from './recogniser.ts';
import type { Recording } from './recording.ts';
import type { SpeechEngineFactory } from './speechEngine.ts';

/** Options of the local service. All are optional. */
export interface SimulatorOptions {
  /** TCP port on loopback; 0 selects a free one. @defaultValue `0` */
  readonly port?: number;
  /** The recordings it recognises. @defaultValue the bundled recording */
  readonly recordings?: readonly Recording[];
  /** A recogniser to use instead of known recordings; `recordings` is then ignored. */
  readonly recogniser?: RecogniserFactory;
  /** An engine that recognises any speech, at its own pace; `recordings` and `recogniser` are then ignored. */
  readonly engine?: SpeechEngineFactory;
  /** The only API key it accepts. @defaultValue a random one */
  readonly apiKey?: string;
  /** Directory that keeps the certificate authority for the next start. @defaultValue a temporary one, removed on close */
  readonly caDir?: string;
  /**
   * Whether sessions keep their audio and frame lengths. All sessions together keep the latest 32 MiB of audio (17 minutes
   * at 16 kHz), each the latest 50,000 frame lengths or more; disable it to keep none. @defaultValue `true`
   */
  readonly keepAudio?: boolean;
  /** Milliseconds from the open socket to `Begin`; about 600 on the real service. @defaultValue `0` */
  readonly beginDelayMs?: number;
  /** Milliseconds from `Terminate` to `Termination`; 600 to 1200 on the real service. @defaultValue `0` */
  readonly terminationDelayMs?: number;
  /** Seconds until a session expires; a token may set less. @defaultValue `10800` */
  readonly maxSessionSeconds?: number;
  /** How a wrong key is refused: by an `Error` on the open socket, or by HTTP on the upgrade. @defaultValue `'error-frame'` */
  readonly refuse?: 'error-frame' | 'http-401' | 'http-403';
  /** Finals of the Universal-Streaming models with `format_turns=true`. @defaultValue `'two-finals'` */
  readonly formatting?: Formatting;
  /** How far audio may be ahead of real time, in milliseconds, before 3007. @defaultValue `Infinity` */
  readonly aheadLimitMs?: number;
  /** How many sessions may start within a minute before 1008 `Too many concurrent sessions`. @defaultValue `Infinity` */
  readonly sessionsPerMinute?: number;
  /** The minute of `sessionsPerMinute`, in milliseconds: less makes a test shorter. @defaultValue `60000` */
  readonly minuteMs?: number;
  /** The faults to inject. @defaultValue none */
  readonly faults?: FaultPlan;
  /** Called for each event as it happens. */
  readonly onEvent?: (event: SimulatorEvent) => void;
}

/** A running local service. */
export interface Simulator {
  /** Its address: `wss://localhost:PORT/v3/ws`. */
  readonly url: string;
  /** PEM file of its certificate authority. Start clients with `NODE_EXTRA_CA_CERTS` set to it. */
  readonly caFile: string;
  /** The only API key it accepts. */
  readonly apiKey: string;
  /** One record per connection to the streaming path, accepted or refused, in order: the latest 1000. */
  readonly sessions: readonly SessionRecord[];
  /** The violations of the protocol by clients, in order: the latest 1000. */
  readonly violations: readonly Violation[];
  /** Ends all connections at once, stops listening and removes a temporary authority. Later calls have no effect. */
  close(): Promise<void>;
  /** Same as `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What ended a session: a `Terminate`, the client closing without one, an `Error`, an injected fault. */
export type EndedBy = 'terminate' | 'client-close' | 'error' | 'fault';

/** The record of one connection. */
export interface SessionRecord {
  /** Number of the connection, from 0: its position in `sessions` until there are more than 1000. */
  readonly index: number;
  /** The `id` in `Begin`. */
  readonly id: string;
  /** The query as received; the value of `token` is replaced by `***`. */
  readonly params: Readonly<Record<string, string>>;
  /** Names in the query that the service does not know. It ignores them. */
  readonly unknownParams: readonly string[];
  /** Whether the connection had a valid key or token. */
  readonly authorization: 'ok' | 'missing' | 'invalid';
  /** Milliseconds of audio processed, at the declared rate; 0 for compressed encodings. */
  readonly audioMs: number;
  /** Bytes of audio processed. */
  readonly audioBytes: number;
  /** Lengths in bytes of the binary messages, in order; empty without `keepAudio`, which bounds them. */
  readonly frameBytes: readonly number[];
  /** The audio processed, as one array; empty without `keepAudio`, which bounds it. */
  audio(): Uint8Array;
  /** Text messages received, in order: parsed, or as text if they are not JSON. Without `keepAudio` the last 100. */
  readonly controls: readonly unknown[];
  /** How many messages of each type were sent. */
  readonly sent: Readonly<Record<string, number>>;
  /** Undefined while the session runs, and after the service itself was closed. */
  readonly endedBy: EndedBy | undefined;
  /** Close code of the WebSocket; 1006 if the connection broke. */
  readonly closeCode: number | undefined;
}

/** The kinds of violation. */
export type ViolationCode =
  | 'parameter'
  | 'message'
  | 'frame-duration'
  | 'frame-size'
  | 'odd-length'
  | 'rate'
  | 'after-terminate'
  | 'double-terminate';

/** A violation of the protocol by a client. */
export interface Violation {
  /** Index of the session in `sessions`. */
  readonly session: number;
  /** Milliseconds of audio that the session had processed. */
  readonly atMs: number;
  readonly code: ViolationCode;
  readonly message: string;
}

/** An event of the service. `session` is an index into `sessions`. */
export type SimulatorEvent =
  | { readonly type: 'connection'; readonly session: number; readonly authorization: SessionRecord['authorization'] }
  | { readonly type: 'begin'; readonly session: number; readonly id: string }
  | { readonly type: 'violation'; readonly session: number; readonly violation: Violation }
  | { readonly type: 'fault'; readonly session: number; readonly fault: FaultKind | 'poison'; readonly atMs: number }
  | {
      readonly type: 'end';
      readonly session: number;
      readonly endedBy: EndedBy | undefined;
      readonly closeCode: number | undefined;
    };

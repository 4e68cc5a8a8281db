import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Subject, Subscription, filter, firstValueFrom, interval, merge, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AudioGap, FinalTurn, Stats, TranscriptionEvent } from '../../operators/events.ts';
import { roomEvents } from '../../src/rooms/roomEvents.ts';
import { setUpRooms } from '../../src/rooms/setUpRooms.ts';
import type { SetUpRoomsOptions } from '../../src/rooms/setUpRooms.ts';
import type { WorkerMetrics } from '../../src/rooms/workerMetrics.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Recording, Simulator, SimulatorEvent, SimulatorOptions } from '../../src/simulator/index.ts';
import { wordsOutside } from './chaos.ts';
import type { ChaosWord } from './chaos.ts';
import { startCommand } from './cli.ts';
import type { Program } from './cli.ts';
import { NatsServers } from './natsServers.ts';
import { syntheticSpeech } from './syntheticSpeech.ts';

/** What a fleet consists of. */
export interface FleetOptions extends SetUpRoomsOptions {
  readonly rooms: number;
  /** Length of the audio of each room. */
  readonly seconds: number;
  /** How many workers run at the start. @defaultValue 3 */
  readonly workers?: number;
  readonly brokers?: 1 | 3;
  readonly service?: SimulatorOptions;
  /** How fast the audio is played and transcribed, in times real time. @defaultValue 4 */
  readonly speed?: number;
  /** Where the audio of each room waits for `resume()`, in milliseconds. @defaultValue nowhere */
  readonly pauses?: readonly number[];
}

/** An entry in the log that shows which worker took which room. */
export interface TakeOver {
  readonly room: string;
  readonly worker: string;
  readonly epoch: number;
  /** When it was seen, on the monotonic clock of this process. */
  readonly at: number;
}

/** How often the output of processes is looked at, in milliseconds. */
const CHECK_MS = 100;
const ROOMS_PER_EDGE = 4;
const PROCESS = fileURLToPath(new URL('roomProcess.js', import.meta.url));

/** Brokers, a local service, workers and edges, each a process of its own; the service and the viewers run in this one. */
export class RoomFleet {
  readonly servers: NatsServers;
  readonly nc: NatsConnection;
  readonly service: Simulator;
  readonly recordings: readonly Recording[];
  readonly rooms: readonly string[];
  readonly workers: Program[] = [];
  readonly edges: Program[] = [];
  /** Every event that a viewer from the start received, by room. */
  readonly events = new Map<string, TranscriptionEvent[]>();
  readonly takeOvers: TakeOver[] = [];
  /** The rooms that are done. */
  readonly done = new Set<string>();
  /** The most sessions that were open at once. */
  mostSessions = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'rxscribe-fleet-'));
  readonly #changes = new Subject<void>();
  readonly #workerNames: string[] = [];
  readonly #viewers = new Subscription();
  readonly #speed: number;
  readonly #pauses: readonly number[];
  /** Wall clock of the start of the audio, by edge. */
  readonly #startedAt: unknown[] = [];
  #openSessions = 0;

  private constructor(
    servers: NatsServers,
    nc: NatsConnection,
    recordings: readonly Recording[],
    service: Simulator,
    { speed = 4, pauses = [] }: FleetOptions,
  ) {
    this.servers = servers;
    this.nc = nc;
    this.recordings = recordings;
    this.service = service;
    this.#speed = speed;
    this.#pauses = pauses;
    this.rooms = recordings.map((_, number) => `room-${number}`);
    recordings.forEach(({ pcm }, number) => writeFileSync(this.#pcm(number), pcm));
  }

  static async start(options: FleetOptions): Promise<RoomFleet> {
    const { rooms, seconds, workers = 3, brokers = 1, service, speed, pauses, ...setUp } = options;
    const servers = await NatsServers.start(brokers);
    const nc = await servers.connect({ name: 'viewer' });
    await untilSetUp(nc, { lease: 2000, replicas: brokers, ...setUp });
    const recordings = Array.from({ length: rooms }, (_, seed) => syntheticSpeech({ seed: 100 + seed, seconds }));
    const caDir = process.env.RXSCRIBE_TEST_CA_DIR ?? '';
    const observers: ((event: SimulatorEvent) => void)[] = [];
    const onEvent = (event: SimulatorEvent): void => observers.forEach((observe) => observe(event));
    const simulator = await startSimulator({ recordings, keepAudio: false, caDir, onEvent, ...service });
    const fleet = new RoomFleet(servers, nc, recordings, simulator, options);
    observers.push((event) => fleet.#countSession(event));
    await fleet.#watch();
    for (let number = 0; number < workers; number++) fleet.startWorker();
    return fleet;
  }

  /** Starts a worker; returns its number. */
  startWorker(options: Readonly<Record<string, unknown>> = {}): number {
    const number = this.workers.length;
    const { url, apiKey } = this.service;
    const name = `worker-${number}`;
    this.#workerNames.push(name);
    const transcribeOptions = this.#speed === 1 ? {} : { catchUpSpeed: 1000 };
    this.workers.push(this.#start({ role: 'worker', name, url, apiKey, options: transcribeOptions, ...options }));
    return number;
  }

  /**
   * Starts the edge of four rooms, for the first time or again; resolves when they are played.
   *
   * @param startMs Where an edge that starts again continues; by default where the audio is now in real time.
   */
  async startEdge(number: number, startMs?: number): Promise<void> {
    const rooms = this.rooms
      .map((room, index) => ({ room, pcm: this.#pcm(index) }))
      .slice(number * ROOMS_PER_EDGE, (number + 1) * ROOMS_PER_EDGE);
    const startedAt = this.#startedAt[number];
    const playback = { speed: this.#speed, pauses: this.#pauses, startedAt, startMs };
    const edge = this.#start({ role: 'edge', name: `edge-${number}`, rooms, ...playback });
    this.edges[number] = edge;
    const [line] = await edge.stdout.waitFor(/.+\n/);
    this.#startedAt[number] = (JSON.parse(line) as { startedAt: unknown }).startedAt;
  }

  async startEdges(): Promise<void> {
    for (let number = 0; number * ROOMS_PER_EDGE < this.rooms.length; number++) await this.startEdge(number);
  }

  /** Lets the audio of all rooms continue behind the pause that it waits at, or will wait at. */
  resume(): void {
    for (const { child } of this.edges) child.stdin.write('\n');
  }

  /** Sends a signal to a process and waits for the end of one that is killed. */
  async kill(program: Program, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    program.child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await program.outcome;
  }

  /** The latest metrics of a worker. */
  metrics(number: number): WorkerMetrics | undefined {
    const line = this.workers[number]?.stdout.text.trimEnd().split('\n').at(-1);
    return line ? (JSON.parse(line) as WorkerMetrics) : undefined;
  }

  /** The worker that holds each room now, by number. */
  holders(): Map<string, number> {
    return new Map(this.takeOvers.map(({ room, worker }) => [room, this.#workerNames.indexOf(worker)]));
  }

  /** The rooms that a worker holds and that are not done. */
  roomsOf(worker: number): string[] {
    return [...this.holders()]
      .filter(([room, holder]) => holder === worker && !this.done.has(room))
      .map(([room]) => room);
  }

  /** Resolves when other workers have all these rooms, or they are done; to how long that took for each, in milliseconds. */
  async untilTaken(rooms: readonly string[], worker: number, since: number): Promise<number[]> {
    await this.until(() => rooms.every((room) => this.done.has(room) || this.holders().get(room) !== worker));
    const first = (room: string): TakeOver | undefined =>
      this.takeOvers.find((take) => take.room === room && take.at >= since);
    return rooms.flatMap((room) => first(room) ?? []).map(({ at }) => at - since);
  }

  /** The worker with the most rooms. */
  busiest(): number {
    const numbers = this.workers.map((_, number) => number);
    return numbers.toSorted((a, b) => this.roomsOf(b).length - this.roomsOf(a).length)[0]!;
  }

  /** Resolves as soon as a condition holds; it is checked with every event, and for what processes print also regularly. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await firstValueFrom(merge(this.#changes, interval(CHECK_MS)).pipe(filter(condition)));
  }

  /** Resolves when so many finals of all rooms were received. */
  untilFinals(count: number): Promise<void> {
    return this.until(() => this.finals() >= count);
  }

  finals(): number {
    return [...this.events.values()].flat().filter((event) => event.type === 'Turn' && event.isFinal).length;
  }

  untilDone(): Promise<void> {
    return this.until(() => this.done.size === this.rooms.length);
  }

  /** What is wrong in each room; empty if every word, time, number and account is right, as a late viewer reads it. */
  async faults(maxGaps = 0): Promise<string[]> {
    const faults = await Promise.all(
      this.recordings.map(async (recording, number) => {
        const room = this.rooms[number]!;
        const late = await firstValueFrom(roomEvents(this.nc, room).pipe(toArray()));
        const live = this.events.get(room)!.filter(isStored);
        const found = faultsOf(recording, late, maxGaps);
        if (JSON.stringify(live) !== JSON.stringify(late))
          found.push('a viewer from the start received something else');
        return found.map((fault) => `${room}: ${fault}`);
      }),
    );
    return faults.flat();
  }

  /** The gaps of a room. */
  gaps(number: number): AudioGap[] {
    return this.events.get(this.rooms[number]!)!.filter((event) => event.type === 'AudioGap');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#viewers.unsubscribe();
    for (const { child } of [...this.workers, ...this.edges]) child.kill('SIGKILL');
    await Promise.all([...this.workers, ...this.edges].map(({ outcome }) => outcome));
    await this.servers[Symbol.asyncDispose]();
    await this.service.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(config: object): Program {
    return startCommand(process.execPath, [PROCESS, JSON.stringify({ servers: this.servers.addresses, ...config })]);
  }

  #pcm(number: number): string {
    return join(this.#folder, `${number}.pcm`);
  }

  async #watch(): Promise<void> {
    this.nc.subscribe('rx.out.*', {
      callback: (_error, message) => {
        if (message.headers?.get('Type') !== 'Took') return;
        const room = message.subject.slice('rx.out.'.length);
        const [worker, epoch] = [message.headers.get('By'), Number(message.headers.get('Epoch'))];
        this.takeOvers.push({ room, worker, epoch, at: performance.now() });
        this.#changes.next();
      },
    });
    for (const room of this.rooms) {
      const events: TranscriptionEvent[] = [];
      this.events.set(room, events);
      const viewer = roomEvents(this.nc, room).subscribe({
        next: (event) => {
          events.push(event);
          this.#changes.next();
        },
        complete: () => {
          this.done.add(room);
          this.#changes.next();
        },
      });
      this.#viewers.add(viewer);
    }
    await this.nc.flush();
  }

  #countSession(event: SimulatorEvent): void {
    if (event.type === 'begin') this.mostSessions = Math.max(this.mostSessions, ++this.#openSessions);
    if (event.type === 'end' && this.service.sessions[event.session]?.id) this.#openSessions--;
  }
}

/** A cluster accepts streams only once its servers have found each other. */
async function untilSetUp(nc: NatsConnection, options: SetUpRoomsOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await setUpRooms(nc, options);
      return;
    } catch (error) {
      if (attempt === 40) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 250);
      });
    }
  }
}

const PARTIAL_TYPES = new Set(['Heartbeat', 'Reconnecting', 'Silence', 'SpeechStarted', 'Warning']);

function isStored(event: TranscriptionEvent): boolean {
  return event.type === 'Turn' ? event.isFinal : !PARTIAL_TYPES.has(event.type);
}

/** Times may differ by the resolution of the recogniser, in milliseconds. */
const TOLERANCE_MS = 25;

function faultsOf({ words: spoken, pcm }: Recording, events: readonly TranscriptionEvent[], maxGaps: number): string[] {
  const faults: string[] = [];
  const finals = events.filter((event): event is FinalTurn => event.type === 'Turn');
  const gaps = events.filter((event) => event.type === 'AudioGap');
  const stats = events.findLast((event): event is Stats => event.type === 'Stats');
  const expected = wordsOutside(
    gaps,
    spoken.map(({ text, start, end }) => ({ text, start, end })),
  );
  const words = wordsOutside(
    gaps,
    finals.flatMap((turn) => turn.words),
  );
  const wrong = expected.findIndex((word, index) => !isSame(word, words[index]));
  if (words.length !== expected.length) faults.push(`${words.length} instead of ${expected.length} words`);
  if (wrong >= 0)
    faults.push(`word ${wrong} is ${JSON.stringify(words[wrong])}, not ${JSON.stringify(expected[wrong])}`);
  if (finals.some(({ turn_order }, index) => turn_order !== index)) faults.push('turns are not numbered in order');
  if (gaps.length > maxGaps) faults.push(`${gaps.length} gaps`);
  if (!stats) return [...faults, 'no Stats'];
  const gapMs = gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const audioMs = pcm.length / 32;
  if (Math.abs(stats.gapMs - gapMs) > 1) faults.push(`${stats.gapMs} ms of gaps in the accounts, not ${gapMs}`);
  if (Math.abs(stats.transcribedMs + stats.gapMs - stats.capturedMs) > 1) faults.push('the accounts do not add up');
  if (Math.abs(stats.capturedMs - audioMs) > 120) faults.push(`${stats.capturedMs} ms captured, not ${audioMs}`);
  return faults;
}

function isSame(expected: ChaosWord, word: ChaosWord | undefined): boolean {
  return word?.text === expected.text && Math.abs(word.start - expected.start) <= TOLERANCE_MS;
}

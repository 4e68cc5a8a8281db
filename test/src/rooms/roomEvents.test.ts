import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect as connectSocket, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { NEVER, filter, firstValueFrom, lastValueFrom, scan, share, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import { turn } from '../../../operators/testing/index.ts';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionsServer } from '../../../dist/src/page/index.js';
import { openBroker } from '../../../src/rooms/nats.ts';
import { RoomLog } from '../../../src/rooms/roomLog.ts';
import { roomEvents } from '../../../src/rooms/roomEvents.ts';
import { WorkerCounts } from '../../../src/rooms/workerMetrics.ts';
import { startRooms } from '../../support/natsServers.ts';
import type { NatsServers } from '../../support/natsServers.ts';

describe('viewers of a room', () => {
  let servers: NatsServers;
  let nc: NatsConnection;

  beforeAll(async () => {
    ({ servers, nc } = await startRooms());
  });

  afterAll(() => servers[Symbol.asyncDispose]());

  const final = (order: number): TranscriptionEvent => turn('Yes.', { order, final: true });
  const finals = (count: number): TranscriptionEvent[] => Array.from({ length: count }, (_, order) => final(order));

  async function openLog(room: string): Promise<RoomLog> {
    const log = new RoomLog(await openBroker(nc), room, 'worker', new WorkerCounts());
    await log.take();
    return log;
  }

  it('receive everything when they join late, and partials only while these are new', async () => {
    const log = await openLog('late');
    for (const event of finals(600)) void log.append(event);
    log.publish(turn('Ye', { order: 600 }));
    await log.append(final(600));
    const late = lastValueFrom(roomEvents(nc, 'late').pipe(toArray()));
    const now$ = roomEvents(nc, 'late', { from: 'now' }).pipe(share());
    const now = lastValueFrom(now$.pipe(toArray()));
    // a partial shows that the second viewer is there
    const first = firstValueFrom(now$);
    const timer = setInterval(() => log.publish(turn('N', { order: 601 })), 20);
    await first;
    clearInterval(timer);
    await log.append(final(601));
    await log.finish();
    const isFinal = (event: TranscriptionEvent): boolean => event.type === 'Turn' && event.isFinal;
    expect((await late).filter(isFinal)).toEqual(finals(602));
    expect((await now).filter(isFinal)).toEqual([final(601)]);
    expect(await lastValueFrom(roomEvents(nc, 'late').pipe(toArray()))).toEqual(finals(602));
    expect(await lastValueFrom(roomEvents(nc, 'late', { from: 'now' }).pipe(toArray()))).toEqual([]);
  });

  it('receive what was stored while their connection was broken, and the end', async () => {
    const proxy = await Proxy.start(servers.addresses[0]!);
    const viewer = await servers.connect({ servers: proxy.address, pingInterval: 500 });
    const log = await openLog('broken');
    const event$ = roomEvents(viewer, 'broken').pipe(share());
    const received = lastValueFrom(event$.pipe(toArray()));
    const count$ = event$.pipe(scan((count) => count + 1, 0));
    const two = firstValueFrom(count$.pipe(filter((count) => count === 2)));
    await log.append(final(0));
    await log.append(final(1));
    await two;
    await proxy.cut();
    for (const order of [2, 3, 4]) await log.append(final(order));
    await log.finish();
    await proxy.restore();
    expect(await received).toEqual(finals(5));
    await viewer.close();
    await proxy.cut();
  });

  it('see the captions of their room on a page of many', async () => {
    const rooms = ['page-1', 'page-2', 'page-3'];
    const logs = await Promise.all(rooms.map(openLog));
    const page = await captionsServer(NEVER, { port: 0, rooms: (room) => roomEvents(nc, room) });
    const viewers = await Promise.all(
      rooms.flatMap((room) => Array.from({ length: 5 }, () => fetch(`${page.url}r/${room}/events`))),
    );
    for (const [index, log] of logs.entries()) {
      await log.append(turn(`Room ${index + 1}.`, { order: 0, final: true }));
      await log.finish();
    }
    const read = viewers.map((viewer) => readUntil(viewer, /Room \d\./));
    const texts = await Promise.all(read);
    expect(texts).toEqual(['Room 1.', 'Room 2.', 'Room 3.'].flatMap((text) => Array.from({ length: 5 }, () => text)));
    await page.close();
  });

  it('report a connection that was closed', async () => {
    const viewer = await servers.connect();
    const ended = lastValueFrom(roomEvents(viewer, 'closed'));
    await viewer.flush();
    await viewer.close();
    await expect(ended).rejects.toThrow('the connection to NATS is closed');
  });
});

/** Reads what a page is sent up to the first match. */
async function readUntil(response: Response, pattern: RegExp): Promise<string | undefined> {
  let text = '';
  for await (const bytes of response.body!) {
    text += Buffer.from(bytes).toString();
    const [match] = pattern.exec(text) ?? [];
    if (match !== undefined) return match;
  }
  return undefined;
}

/** A TCP proxy that can be cut. */
class Proxy {
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(target: string) {
    this.#target = target;
    this.#server = createServer((socket) => this.#forward(socket));
  }

  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await proxy.restore();
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async cut(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async restore(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #forward(socket: Socket): void {
    const [host = '', port] = this.#target.split(':');
    const other = connectSocket(Number(port), host);
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

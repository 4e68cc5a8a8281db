import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { setUpRooms } from '../../src/rooms/setUpRooms.ts';

/** One nats-server with JetStream, or a cluster of three, on loopback; each can be killed and started again. */
export class NatsServers {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rxscribe-nats-'));
  readonly #ports: readonly number[];
  readonly #routePorts: readonly number[];
  readonly #extra: string;
  readonly #running: ChildProcess[] = [];
  readonly #connections: NatsConnection[] = [];

  private constructor(ports: readonly number[], routePorts: readonly number[], extra: string) {
    this.#ports = ports;
    this.#routePorts = routePorts;
    this.#extra = extra;
  }

  /**
   * Starts the servers.
   *
   * @param extra Lines added to the configuration.
   */
  static async start(count: 1 | 3 = 1, extra = ''): Promise<NatsServers> {
    const servers = new NatsServers(await freePorts(count), await freePorts(count), extra);
    await Promise.all(servers.#ports.map((_, number) => servers.restart(number)));
    return servers;
  }

  /** The addresses of all servers. */
  get addresses(): string[] {
    return this.#ports.map((port) => `127.0.0.1:${port}`);
  }

  /** CPU time of all servers so far, in milliseconds, and the memory of each, in bytes. */
  get pids(): number[] {
    return this.#running.map(({ pid }) => pid!);
  }

  /** Opens a connection that is closed with the servers. */
  async connect(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
    const nc = await connect({
      servers: this.addresses,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      waitOnFirstConnect: true,
      ...options,
    });
    this.#connections.push(nc);
    return nc;
  }

  /** Ends a server as a power failure would. */
  async kill(number: number): Promise<void> {
    const server = this.#running[number]!;
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }

  /** Starts a server with the data it left, and waits until it accepts connections. */
  async restart(number: number): Promise<void> {
    const config = join(this.#folder, `${number}.conf`);
    mkdirSync(join(this.#folder, `${number}`), { recursive: true });
    writeFileSync(config, this.#config(number));
    const log = join(this.#folder, `${number}.log`);
    const server = spawn('nats-server', ['-c', config, '-l', log], { stdio: 'ignore' });
    this.#running[number] = server;
    await once(server, 'spawn');
    while (!(await answers(this.#ports[number]!))) await delay(20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((nc) => nc.close()));
    await Promise.all(this.#running.map((_, number) => this.kill(number)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #config(number: number): string {
    const routes = this.#routePorts.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
    return [
      `server_name: server-${number}`,
      `listen: "127.0.0.1:${this.#ports[number]}"`,
      `jetstream { store_dir: "${join(this.#folder, String(number))}", max_mem: 256M, max_file: 4G }`,
      ...(this.#ports.length > 1
        ? [`cluster { name: rooms, listen: "127.0.0.1:${this.#routePorts[number]}", routes: [${routes}] }`]
        : []),
      this.#extra,
    ].join('\n');
  }
}

/** Starts a server that is set up for rooms, and connects to it. No lease ends by itself, however busy the machine is. */
export async function startRooms(): Promise<{ readonly servers: NatsServers; readonly nc: NatsConnection }> {
  const servers = await NatsServers.start();
  const nc = await servers.connect();
  await setUpRooms(nc, { lease: 600_000 });
  return { servers, nc };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { finalize, lastValueFrom, merge, tap, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import type { FinalTurn } from '../../../operators/events.ts';
import { finals } from '../../../operators/turns.ts';
import { audioFile } from '../../audio/audioFile.ts';
import { listRooms, removeRoom } from '../../rooms/listRooms.ts';
import { publishRoom } from '../../rooms/publishRoom.ts';
import { roomEvents } from '../../rooms/roomEvents.ts';
import { setUpRooms } from '../../rooms/setUpRooms.ts';
import { bundledRecording, startSimulator } from '../../simulator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import { variableName } from '../environment.ts';
import type { RoomsDemoFlags } from '../flags/roomsFlags.ts';
import { WORK } from '../flags/roomsFlags.ts';
import { UsageError } from '../usageError.ts';
import { connectNats } from './connect.ts';
import { note } from './note.ts';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const RECORDING = fileURLToPath(new URL('../../simulator/recording/demo.wav', import.meta.url));
const WORKERS = ['worker-a', 'worker-b', 'worker-c'];
const MOST_ROOMS = 12;
/** After how many finals a worker is killed. */
const FINALS_BEFORE_KILL = 4;

/**
 * `rxscribe rooms demo`: three workers transcribe some rooms of the bundled recording; one of them is killed. Then every word
 * of every room is compared with the words of the recording.
 */
export async function demo(flags: RoomsDemoFlags): Promise<void> {
  if (!(flags.rooms >= 1 && flags.rooms <= MOST_ROOMS)) throw new UsageError(`--rooms must be 1 to ${MOST_ROOMS}`);
  const nc = await connectNats(flags, 'demo');
  const simulator = await startSimulator({ keepAudio: false });
  const workers = new Map<string, ChildProcess>();
  const suffix = randomBytes(3).toString('hex');
  const rooms = Array.from({ length: flags.rooms }, (_, index) => `demo-${suffix}-${index + 1}`);
  try {
    await refuseOthers(nc);
    for (const name of WORKERS) workers.set(name, startWorker(flags, name, simulator));
    await Promise.all([...workers.values()].map((worker) => once(worker.stdout!, 'data')));
    note(`${WORKERS.length} workers, ${rooms.length} rooms; the local service knows the words of the recording`);
    process.exitCode = (await play(nc, rooms, workers)) ? 0 : 1;
  } finally {
    for (const worker of workers.values()) worker.kill('SIGKILL');
    for (const room of rooms) await removeRoom(nc, room).catch(() => undefined);
    await simulator.close();
    await nc.close();
  }
}

/** The workers of the demo would take other rooms, and send their audio to the local service. */
async function refuseOthers(nc: NatsConnection): Promise<void> {
  const live = await listRooms(nc).catch(() => undefined);
  if (!live) return setUpRooms(nc);
  const { room } = live.find(({ state }) => state !== 'done') ?? {};
  if (room !== undefined) throw new Error(`room ${room} is in use on this server; give the demo a server of its own`);
}

/** @returns Whether every word of every room was right. */
async function play(
  nc: NatsConnection,
  rooms: readonly string[],
  workers: Map<string, ChildProcess>,
): Promise<boolean> {
  let seen = 0;
  const killAtTime = (): void => {
    if (++seen === FINALS_BEFORE_KILL) void killBusiest(nc, workers);
  };
  const transcripts = rooms.map((room) =>
    lastValueFrom(
      roomEvents(nc, room).pipe(
        finals(),
        tap(killAtTime),
        toArray(),
        finalize(() => note(`${room} is done`)),
      ),
    ),
  );
  const published = rooms.map((room) => audioFile(RECORDING).pipe(bufferBytes(3200), publishRoom(nc, room)));
  await lastValueFrom(merge(...published));
  const { words } = await bundledRecording();
  const results = (await Promise.all(transcripts)).map((turns) => wrongWords(turns, words));
  const wrong = results.reduce((sum, count) => sum + count, 0);
  const total = rooms.length * words.length;
  note(`${total - wrong} of ${total} words right, in their place, once; ${wrong} missing, wrong or repeated`);
  return wrong === 0;
}

async function killBusiest(nc: NatsConnection, workers: Map<string, ChildProcess>): Promise<void> {
  const held = (await listRooms(nc)).filter(({ state }) => state === 'live').map(({ worker = '' }) => worker);
  const count = (name: string): number => held.filter((worker) => worker === name).length;
  const [name = ''] = [...workers.keys()].toSorted((a, b) => count(b) - count(a));
  note(`kills ${name} with ${count(name)} rooms (SIGKILL)`);
  workers.get(name)?.kill('SIGKILL');
}

/** How many words are missing, wrong, repeated, or more than 25 ms from their place. */
function wrongWords(turns: readonly FinalTurn[], expected: readonly { text: string; start: number }[]): number {
  const words = turns.flatMap((turn) => turn.words);
  const isRight = (word: { text: string; start: number }, index: number): boolean =>
    words[index]?.text === word.text && Math.abs(words[index].start - word.start) <= 25;
  return expected.filter((word, index) => !isRight(word, index)).length + Math.max(0, words.length - expected.length);
}

/** A worker as on another machine; variables that would set its flags are blank. */
function startWorker(flags: RoomsDemoFlags, name: string, { url, caFile, apiKey }: Simulator): ChildProcess {
  const { nats, creds, inboxPrefix } = flags;
  const blank = Object.fromEntries(Object.keys(WORK).map((option) => [variableName(option), '']));
  const args = ['rooms', 'work', `--name=${name}`, `--url=${url}`, '--metrics'];
  if (creds !== undefined) args.push(`--creds=${creds}`);
  if (inboxPrefix !== undefined) args.push(`--inbox-prefix=${inboxPrefix}`);
  return spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // an address may contain a password, which arguments would show to other users
    env: {
      ...process.env,
      ...blank,
      [variableName('nats')]: nats,
      NODE_EXTRA_CA_CERTS: caFile,
      ASSEMBLYAI_API_KEY: apiKey,
    },
  });
}

// One run in a child process: sends audio in real time with one client to its service, whose connection breaks once. The
// parent sends `{ contender, fault, breakAtMs, lengthMs }`; the child sends `ready`, waits for `go`, then sends its result.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYTES_PER_MS, PositionRecogniser, Ledger, positionAudio } from '../servers/positions.js';
import { RunStats } from './runStats.js';
import { CONTENDERS } from './contenders.js';

const FRAME_MS = 100;
/** Time limit for the last turns, in milliseconds. */
const END_MS = 3000;

/** Loaded on demand, because many runs start at once. */
const SERVERS = {
  deepgram: async (setup) => (await import('../servers/deepgram.js')).startDeepgram(setup),
  gladia: async (setup) => (await import('../servers/gladia.js')).startGladia(setup),
  soniox: async (setup) => (await import('../servers/soniox.js')).startSoniox(setup),
};

process.once('disconnect', () => process.exit(1));
const [task] = await once(process, 'message');
const result = await run(task);
process.send(result, () => process.exit(0));

async function run({ contender, fault, breakAtMs, lengthMs }) {
  const stats = new RunStats();
  const ledger = new Ledger(lengthMs);
  const events = [];
  const onCut = () => stats.break();
  const start = SERVERS[contender.split(',')[0]] ?? startLocal;
  const { url, key, close } = await start({ ledger, fault, cutAtMs: fault ? breakAtMs : Infinity, onCut });
  const audio = positionAudio(lengthMs);
  await preload(contender);
  process.send('ready');
  await once(process, 'message');

  const stream = await CONTENDERS[contender]({
    url,
    key,
    onTurn: (turn) => stats.addTurn(turn),
    onError: () => stats.addError(),
    onEvent: (event) => events.push({ ...event, at: performance.now() }),
  });
  stats.start();
  const startedAt = performance.now();
  for (let ms = 0; ms < lengthMs; ms += FRAME_MS) {
    await sleep(Math.max(0, startedAt + ms + FRAME_MS - performance.now()));
    try {
      stream.send(audio.subarray(ms * BYTES_PER_MS, (ms + FRAME_MS) * BYTES_PER_MS));
    } catch {
      stats.addError();
    }
  }
  await Promise.race([end(stream, stats), sleep(END_MS)]);
  close();
  return { ...stats.result(lengthMs), ...ledger.result, ...backoff(events) };
}

async function end(stream, stats) {
  try {
    await stream.end();
  } catch {
    stats.addError();
  }
}

async function startLocal({ ledger, fault, cutAtMs, onCut }) {
  const { startSimulator } = await import('../../../dist/src/simulator/index.js');
  const simulator = await startSimulator({
    caDir: process.env.RXSCRIBE_TEST_CA_DIR,
    recogniser: () => new PositionRecogniser(ledger),
    faults: fault ? [{ atMs: cutAtMs, fault }] : [],
    onEvent: ({ type }) => type === 'fault' && onCut(),
  });
  return { url: simulator.url, key: simulator.apiKey, close: () => simulator.close() };
}

/** Loads modules in advance, because loading is not part of the recovery. */
async function preload(contender) {
  if (contender === 'rxscribe')
    await Promise.all([import('../../../dist/src/index.js'), import('assemblyai/streaming')]);
  if (contender.startsWith('plain')) await import('assemblyai/streaming');
  if (contender.startsWith('deepgram')) await import('@deepgram/sdk');
  if (contender === 'gladia') await import('@gladiaio/sdk');
  if (contender === 'soniox') await import('@soniox/client');
}

/** This package's reconnection: its delay, its replay, and the time to connect. */
function backoff(events) {
  const reconnecting = events.find(({ type }) => type === 'Reconnecting');
  const begin = events.find(({ type, at }) => type === 'Begin' && at > reconnecting?.at);
  if (!reconnecting || !begin) return {};
  const { delayMs, replayMs, at } = reconnecting;
  return { delayMs, replayMs, connectMs: begin.at - at - delayMs };
}

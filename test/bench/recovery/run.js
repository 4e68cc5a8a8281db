// One run: audio in real time through one contender to its kind of service, which breaks once. A child process of its own,
// told `{ contender, fault, breakAtMs, lengthMs }` (no fault: nothing breaks); it says `ready`, waits for `go`, and says what
// came of it.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYTES_PER_MS, Ear, Ledger, positionAudio } from '../servers/positions.js';
import { Account } from './account.js';
import { CONTENDERS } from './contenders.js';

const FRAME_MS = 100;
/** How long the last turns are waited for, in milliseconds. */
const END_MS = 3000;

/** Loaded when they are needed: many runs start at once. */
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
  const account = new Account();
  const ledger = new Ledger(lengthMs);
  const events = [];
  const onCut = () => account.break();
  const start = SERVERS[contender.split(',')[0]] ?? startLocal;
  const { url, key, close } = await start({ ledger, fault, cutAtMs: fault ? breakAtMs : Infinity, onCut });
  const audio = positionAudio(lengthMs);
  await preload(contender);
  process.send('ready');
  await once(process, 'message');

  const stream = await CONTENDERS[contender]({
    url,
    key,
    tell: (turn) => account.tell(turn),
    fail: () => account.fail(),
    note: (event) => events.push({ ...event, at: performance.now() }),
  });
  account.start();
  const startedAt = performance.now();
  for (let ms = 0; ms < lengthMs; ms += FRAME_MS) {
    await sleep(Math.max(0, startedAt + ms + FRAME_MS - performance.now()));
    try {
      stream.send(audio.subarray(ms * BYTES_PER_MS, (ms + FRAME_MS) * BYTES_PER_MS));
    } catch {
      account.fail();
    }
  }
  await Promise.race([end(stream, account), sleep(END_MS)]);
  close();
  return { ...account.result(lengthMs), ...ledger.result, ...backoff(events) };
}

async function end(stream, account) {
  try {
    await stream.end();
  } catch {
    account.fail();
  }
}

async function startLocal({ ledger, fault, cutAtMs, onCut }) {
  const { startSimulator } = await import('../../../dist/src/simulator/index.js');
  const simulator = await startSimulator({
    caDir: process.env.RXSCRIBE_TEST_CA_DIR,
    recogniser: () => new Ear(ledger),
    faults: fault ? [{ atMs: cutAtMs, fault }] : [],
    onEvent: ({ type }) => type === 'fault' && onCut(),
  });
  return { url: simulator.url, key: simulator.apiKey, close: () => simulator.close() };
}

/** What a contender loads when it first connects is no part of its recovery. */
async function preload(contender) {
  if (contender === 'rxscribe')
    await Promise.all([import('../../../dist/src/index.js'), import('assemblyai/streaming')]);
  if (contender.startsWith('plain')) await import('assemblyai/streaming');
  if (contender.startsWith('deepgram')) await import('@deepgram/sdk');
  if (contender === 'gladia') await import('@gladiaio/sdk');
  if (contender === 'soniox') await import('@soniox/client');
}

/** What this package tells of its reconnection: how long it waited, and how long connecting took then. */
function backoff(events) {
  const reconnecting = events.find(({ type }) => type === 'Reconnecting');
  const begin = events.find(({ type, at }) => type === 'Begin' && at > reconnecting?.at);
  if (!reconnecting || !begin) return {};
  const { delayMs, replayMs, at } = reconnecting;
  return { delayMs, replayMs, connectMs: begin.at - at - delayMs };
}

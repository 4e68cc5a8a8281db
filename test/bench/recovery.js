import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { digits, spread, summary } from './measure.js';

export const title = 'from a break to live again, and what it cost';
export const targets =
  '0 bytes lost, 0 finals doubled, back within one backoff step plus replay at the allowed pace; against the plain script, and ' +
  "Deepgram's, Gladia's and Soniox's published clients against loopback servers of their own kind";

const PROGRAM = fileURLToPath(new URL('./recovery/run.js', import.meta.url));
/** In the middle of a frame, of a word and of a turn. */
const BREAK_AT_MS = 4330;
const LENGTH_MS = 12_000;
/** Where a connection stalls, and long enough to notice it by its silence. */
const STALL_AT_MS = 6330;
const STALL_LENGTH_MS = 21_000;
/** By how much runs of a round are set off against each other, in milliseconds, so that they do not break together. */
const APART_MS = 70;

/** The longest first wait of this package's backoff, and within what it notices a dead connection, in milliseconds. */
const STEP_MS = 250;
const STALL_MS = 10_000;
/** A frame, and a word: nothing can be told sooner than it is said. */
const FRAME_AND_WORD_MS = 350;
/** What piled up beyond this is caught up with at 1.25 times real time, a quarter of a second per second. */
const BURST_MS = 10_000;

const PLAIN = 'plain script';
const QUEUED = 'plain script that reconnects and queues';
const ROWS = [
  ['rxscribe', 'rxscribe', 'reset'],
  [PLAIN, 'plain', 'reset'],
  [QUEUED, 'plain, reconnecting', 'reset'],
  ['Deepgram, `sendMedia`', 'deepgram', 'reset'],
  ['Deepgram, queued by its socket', 'deepgram, queued', 'reset'],
  ['Gladia', 'gladia', 'reset'],
  ['Soniox', 'soniox', 'reset'],
  ['rxscribe', 'rxscribe', 'close-1011'],
  [PLAIN, 'plain', 'close-1011'],
  [QUEUED, 'plain, reconnecting', 'close-1011'],
  ['rxscribe', 'rxscribe', 'stall'],
  [QUEUED, 'plain, reconnecting', 'stall'],
  ['Deepgram, queued by its socket', 'deepgram, queued', 'stall'],
  ['Gladia', 'gladia', 'stall'],
  ['Soniox', 'soniox', 'stall'],
].map(([label, contender, fault]) => ({ label, contender, fault }));

export async function bench({ quick, log }) {
  const contenders = [...new Set(ROWS.map(({ contender }) => contender))];
  log('without a break, to check what every contender tells');
  const calm = await round(contenders.map((contender) => ({ contender, lengthMs: 6000 })));
  for (const [index, result] of calm.entries()) checkCalm(contenders[index], result);

  const rounds = quick ? 1 : 6;
  const samples = ROWS.map(() => []);
  for (let number = 0; number < rounds; number++) {
    log(`round ${number + 1} of ${rounds}`);
    const order = ROWS.map((_, place) => (place + number * 4) % ROWS.length);
    const results = await round(order.map((row) => taskOf(ROWS[row])));
    for (const [place, row] of order.entries()) samples[row].push(results[place]);
  }
  const ours = (...faults) =>
    ROWS.flatMap(({ contender, fault }, row) =>
      contender === 'rxscribe' && faults.includes(fault) ? samples[row] : [],
    );
  return {
    tables: [
      {
        caption:
          `One break at ${BREAK_AT_MS / 1000} s of ${LENGTH_MS / 1000} s of audio in real time (a stall at ${STALL_AT_MS / 1000} s of ` +
          `${STALL_LENGTH_MS / 1000} s), ${rounds} ${rounds === 1 ? 'run' : 'runs each, medians'}. Words are those of the finals.`,
        columns: [
          'client',
          'break',
          'first new partial, ms',
          'live again, ms',
          'bytes lost',
          'bytes sent again',
          'words missing',
          'doubled',
          'at wrong times',
          'errors at the application',
        ],
        rows: ROWS.map(({ label, fault }, row) => [label, fault, ...cells(samples[row])]),
      },
    ],
    verdicts: [exact(ours('reset', 'close-1011', 'stall')), ...within(ours('reset', 'close-1011'), ours('stall'))],
    notes: [lagBefore(samples.flat()), ...NOTES],
  };
}

const NOTES = [
  'Audio is made of its own positions, so a server knows which bytes it got, and a word is told only by a server that got its audio. ' +
    'Live again: what is told is of audio not older than 300 ms, as before the break. Never: not within the run.',
  'rxscribe and the plain scripts (the SDK alone) run against the local service of this package, TLS included; the others against ' +
    'servers of `test/bench/servers`, which take and give what those clients need, without TLS. All are on loopback: a real ' +
    'connection takes longer, for everyone by the same.',
  'The runs of a round go side by side, set off by 70 ms, each in a process of its own: audio in real time leaves the processor idle.',
  'rxscribe waits a random part of 250 ms so that many clients do not come back at once, then hears the whole open turn again ' +
    '(up to 10 s of it go at once). Gladia dials again at once; its session outlives the connection and continues from what was ' +
    'acknowledged, which takes a service that keeps it.',
  'Deepgram: the wait after a break is 1 to 5 s, drawn once per process by its client, and no option of `listen.v1.connect` ' +
    'changes it. `sendMedia` throws meanwhile, once per frame; the socket below it, which is public, queues. Its times begin anew with each connection.',
  'Soniox: `@soniox/client` with a source of our own and its `auto_reconnect`, its first wait set to 250 ms (1 s unless told); it ' +
    'uses the WebSocket of `ws`, for Node 20 has none. `@soniox/node` ends its session at a break and has no way to reconnect.',
];

function taskOf({ contender, fault }) {
  return fault === 'stall'
    ? { contender, fault, breakAtMs: STALL_AT_MS, lengthMs: STALL_LENGTH_MS }
    : { contender, fault, breakAtMs: BREAK_AT_MS, lengthMs: LENGTH_MS };
}

/** Runs tasks side by side: all load first, then they start one shortly after the other. */
async function round(tasks) {
  const runs = tasks.map((task) => startRun(task));
  try {
    await Promise.all(runs.map(({ ready }) => ready));
    for (const { child } of runs) {
      child.send('go');
      await sleep(APART_MS);
    }
    return await Promise.all(runs.map(({ result }) => result));
  } finally {
    for (const { child } of runs) child.kill();
  }
}

function startRun(task) {
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${task.contender} ended with ${code}: ${stderr.trim().slice(-500)}`);
  });
  ended.catch(() => {});
  const message = () => Promise.race([once(child, 'message').then(([said]) => said), ended]);
  child.send(task);
  const ready = message();
  const result = ready.then(() => message());
  result.catch(() => {});
  return { child, ready, result };
}

/** What a contender makes of a connection that does not break must be right, or its figures mean nothing. */
function checkCalm(contender, { missing, doubled, displaced, lost, errors }) {
  const wrong = { missing, doubled, displaced, lost, errors };
  if (Object.values(wrong).some((count) => count > 0)) {
    throw new Error(`${contender} is wrong even without a break: ${JSON.stringify(wrong)}`);
  }
}

function cells(runs) {
  const times = (name) => {
    const known = runs.flatMap((run) => run[name] ?? []);
    if (known.length === 0) return 'never';
    const shown = runs.length === 1 ? digits(known[0]) : spread(summary(known));
    return known.length < runs.length ? `${shown}, ${runs.length - known.length} never` : shown;
  };
  const counts = (name) => {
    const { median, min, max } = summary(runs.map((run) => run[name]));
    return min === max ? grouped(median) : `${grouped(median)} (${grouped(min)}–${grouped(max)})`;
  };
  return [
    times('firstNewMs'),
    times('liveMs'),
    counts('lost'),
    counts('again'),
    `${counts('missing')} of ${runs[0].expected}`,
    counts('doubled'),
    counts('displaced'),
    counts('errors'),
  ];
}

function grouped(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function exact(runs) {
  const sum = (name) => runs.reduce((total, run) => total + run[name], 0);
  const [lost, missing, doubled, displaced] = ['lost', 'missing', 'doubled', 'displaced'].map(sum);
  return {
    target: 'rxscribe: 0 bytes lost, 0 finals doubled, none missing, none at a wrong time',
    value: `${lost} bytes lost, words: ${doubled} doubled, ${missing} missing, ${displaced} at wrong times, in ${runs.length} runs`,
    met: lost + missing + doubled + displaced === 0,
  };
}

/** Whether the machine kept up: before the break nobody has anything to catch up with. */
function lagBefore(runs) {
  const { median, max } = summary(runs.map(({ worstLagBefore }) => worstLagBefore));
  return `Before the break what was told was at most ${digits(median)} ms old in the median run, ${digits(max)} ms in the worst.`;
}

/** What may be added to noticing the break and to the wait: the connection, the replay, and what is not said yet. */
function allowed({ connectMs, delayMs, replayMs }, noticedMs) {
  const excess = Math.max(0, replayMs + delayMs + connectMs - BURST_MS);
  return noticedMs + STEP_MS + connectMs + 4 * excess + FRAME_AND_WORD_MS;
}

function within(broken, stalled) {
  const verdict = (target, runs, noticedMs) => {
    const inTime = runs.filter((run) => run.liveMs <= allowed(run, noticedMs));
    const { median, max } = summary(runs.map(({ liveMs }) => liveMs ?? Infinity));
    const bound = digits(summary(runs.map((run) => allowed(run, noticedMs))).median);
    return {
      target,
      value: `${inTime.length} of ${runs.length} runs; after ${digits(median)} ms, at most ${digits(max)} ms; allowed are ${bound} ms`,
      met: inTime.length === runs.length,
    };
  };
  return [
    verdict(
      'rxscribe: live again within one step (250 ms), connecting, replay at the allowed pace, a frame and a word',
      broken,
      0,
    ),
    verdict('rxscribe, stalled: the same after the 10 s within which a dead connection is noticed', stalled, STALL_MS),
  ];
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { digits, spread, summary } from './measure.js';

export const title = 'recovery time and losses after a broken connection';
export const targets =
  '0 bytes lost, 0 finals doubled, back within one backoff step plus replay at the allowed pace; against the plain script, and ' +
  "Deepgram's, Gladia's and Soniox's published clients against loopback servers of their own kind";

const PROGRAM = fileURLToPath(new URL('./recovery/run.js', import.meta.url));
/** The break falls inside a frame, a word and a turn. */
const BREAK_AT_MS = 4330;
const LENGTH_MS = 12_000;
/** A stall, and audio long enough to detect it. */
const STALL_AT_MS = 6330;
const STALL_LENGTH_MS = 21_000;
/** Milliseconds between the starts of parallel runs, so that their breaks do not coincide. */
const APART_MS = 70;

/** Longest first backoff of this package, and its stall timeout, in milliseconds. */
const STEP_MS = 250;
const STALL_MS = 10_000;
/** A frame and a word: no result can arrive earlier. */
const FRAME_AND_WORD_MS = 350;
/** Replay beyond this length is paced at 1.25 times real time. */
const BURST_MS = 10_000;

const PLAIN = 'plain script';
const QUEUED = 'plain script with reconnect and queue';
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
  log('without a break, to check every contender');
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
          'errors reported to the app',
        ],
        rows: ROWS.map(({ label, fault }, row) => [label, fault, ...cells(samples[row])]),
      },
    ],
    verdicts: [exact(ours('reset', 'close-1011', 'stall')), ...within(ours('reset', 'close-1011'), ours('stall'))],
    notes: [lagBefore(samples.flat()), ...NOTES],
  };
}

const NOTES = [
  'The audio encodes its own positions, so each server knows which bytes it received and returns only words whose audio it received. Live again: turns concern audio at most 300 ms old, as before the break. Never: not within the run.',
  'rxscribe and the plain scripts (SDK only) use the local service of this package with TLS. The other clients use the servers in `test/bench/servers` without TLS. All run on loopback; a real network adds the same delay to each.',
  'The runs of a round run in parallel, 70 ms apart, each in its own process; audio in real time leaves the processor mostly idle.',
  'rxscribe waits a random time up to 250 ms so that many clients do not reconnect at once, then replays the whole open turn (up to 10 s without pacing). Gladia reconnects at once; its service keeps the session, which continues after the last acknowledged byte.',
  'Deepgram: its client waits 1 to 5 s after a break, chosen once per process; `listen.v1.connect` has no option for it. Meanwhile `sendMedia` throws for each frame; its public socket queues. Timestamps restart with each connection.',
  'Soniox: `@soniox/client` with a custom source and `auto_reconnect`, its first delay set to 250 ms (default 1 s), with the WebSocket of `ws` because Node 20 has none. `@soniox/node` ends its session at a break and cannot reconnect.',
];

function taskOf({ contender, fault }) {
  return fault === 'stall'
    ? { contender, fault, breakAtMs: STALL_AT_MS, lengthMs: STALL_LENGTH_MS }
    : { contender, fault, breakAtMs: BREAK_AT_MS, lengthMs: LENGTH_MS };
}

/** Runs tasks in parallel: all load first, then they start one after another. */
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
  const nextMessage = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  child.send(task);
  const ready = nextMessage();
  const result = ready.then(() => nextMessage());
  result.catch(() => {});
  return { child, ready, result };
}

/** Fails if a contender loses or doubles anything even without a break. */
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

/** Shows whether the machine kept up: before the break there is no backlog. */
function lagBefore(runs) {
  const { median, max } = summary(runs.map(({ worstLagBefore }) => worstLagBefore));
  return `Before the break, turns lagged behind the audio by at most ${digits(median)} ms in the median run and ${digits(max)} ms in the worst.`;
}

/** The allowed recovery time: detection, backoff, connecting, paced replay, a frame and a word. */
function allowed({ connectMs, delayMs, replayMs }, detectionMs) {
  const excess = Math.max(0, replayMs + delayMs + connectMs - BURST_MS);
  return detectionMs + STEP_MS + connectMs + 4 * excess + FRAME_AND_WORD_MS;
}

function within(broken, stalled) {
  const verdict = (target, runs, detectionMs) => {
    const inTime = runs.filter((run) => run.liveMs <= allowed(run, detectionMs));
    const { median, max } = summary(runs.map(({ liveMs }) => liveMs ?? Infinity));
    const bound = digits(summary(runs.map((run) => allowed(run, detectionMs))).median);
    return {
      target,
      value: `${inTime.length} of ${runs.length} runs; after ${digits(median)} ms, at most ${digits(max)} ms; limit ${bound} ms`,
      met: inTime.length === runs.length,
    };
  };
  return [
    verdict(
      'rxscribe: live again within one backoff step (250 ms), connecting, replay at the allowed pace, one frame and one word',
      broken,
      0,
    ),
    verdict(
      'rxscribe, stalled: the same plus the 10 s within which a stalled connection is detected',
      stalled,
      STALL_MS,
    ),
  ];
}

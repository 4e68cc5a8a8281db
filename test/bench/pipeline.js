import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startService } from './load/processes.js';
import { BYTES_PER_MS } from './load/script.js';
import { digits, ratio, spread, summary } from './measure.js';

export const title = 'what the pipeline costs, beside a plain script on the SDK';
export const targets = 'CPU time at most 1.15 times that of the plain script, recovery on.';

const MOST = 1.15;
const HOUR_MS = 3_600_000;
/** Where the difference is, by profiles on a quiet machine, and what was tried. */
const WHERE =
  'Where the difference is, in microseconds per frame (`--cpu-prof`). A stream: masking and writing the frames of the WebSocket, ' +
  'which both do, about 33, and 5 more here, as each frame is fresh memory; a copy into a frame of its own 4 (the script sends views ' +
  'of the chunk it was given) and one onto the tape 1; playing the tape and keeping the accounts 3; RxJS 2; checking and rebasing ' +
  'turns 2. 400 live sources, where nothing is in the cache when its turn comes: the copy into a frame 5, onto the tape 3, relay, ' +
  'feed and accounts 9, RxJS 8, turns 5, session 3, collecting garbage 5; no other function as much as 1. Tried: blocks for the ' +
  'tape, no list, closure or notification per frame (objects per frame from 2377 to 732 bytes, test/support/countAllocations.js), twenty ' +
  'chunks of a file per read. Not given up for it: frames that own their memory, and the tape.';
/** A young generation that fills up in none of the counted stretches. */
const NO_COLLECTION = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

/**
 * File, stream, or live sources → `bufferBytes` → `transcribe` → finals, and the same by a script that cuts in a loop, calls
 * `sendAudio` and listens to `turn`. Same bytes, same frames, same rule of waiting while the socket is full.
 */
export async function bench({ quick, log }) {
  const service = await startService();
  const dir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));
  try {
    const ms = quick ? HOUR_MS / 12 : HOUR_MS;
    const files = { file: wav(join(dir, 'long.wav'), ms), warmFile: wav(join(dir, 'warm.wav'), 600_000) };
    const recorded = { name: 'recording', ms, warmMs: quick ? 60_000 : 600_000 };
    const rounds = quick ? 2 : 5;
    const streams = quick ? 20 : 100;
    const live = { name: 'ramp', steps: [streams], settleMs: quick ? 500 : 3000, windowMs: quick ? 2000 : 6000 };

    const works = [
      { work: 'a stream of raw PCM, 64 kB in one turn of the event loop', task: recorded, times: rounds },
      { work: 'a WAV file, 100 ms in one turn of the event loop', task: { ...recorded, ...files }, times: rounds },
      { work: `${streams} live sources in real time, chunks of 100 ms`, task: live, times: quick ? 1 : 3 },
    ];
    const measured = [];
    for (const { work, task, times } of works) {
      log(work);
      measured.push({ work, ...(await both(task, service, times)) });
    }
    log('allocations');
    const counted = await both({ name: 'allocations', ms: quick ? 48_000 : 96_000 }, service, 1, NO_COLLECTION);
    const ratios = measured.map(({ rxscribe, plain }) => ratio(rxscribe.map(cpuPerHour), plain.map(cpuPerHour)));
    return {
      tables: [
        {
          caption: `CPU time of the process, user and system, for an hour of audio (36 000 frames of 3200 bytes).`,
          columns: ['work', 'rxscribe', 'plain script', 'ratio'],
          rows: measured.map(({ work, rxscribe, plain }, at) => [
            work,
            spread(summary(rxscribe.map(cpuPerHour)), ' ms'),
            spread(summary(plain.map(cpuPerHour)), ' ms'),
            spread(ratios[at]),
          ]),
        },
        {
          caption: `Memory.`,
          columns: ['', 'rxscribe', 'plain script', 'ratio'],
          rows: [...allocationRows(counted), ...peakRows(measured)],
        },
      ],
      verdicts: measured.map(({ work }, at) => ({
        target: `CPU ≤ ${MOST} of the plain script: ${work}`,
        value: spread(ratios[at]),
        met: ratios[at].median <= MOST,
        why: ratios[at].median <= MOST ? undefined : 'see the first note',
      })),
      notes: [
        WHERE,
        'Each round is a process of its own, warmed up; that every byte arrived is checked by a digest, and every final by its text.',
        'Allocations are counted between two moments without a collection of garbage, in a process whose young generation is large ' +
          'enough for that; what a session takes whatever its length is taken off.',
      ],
    };
  } finally {
    service.stop();
    rmSync(dir, { recursive: true });
  }
}

/** Both contenders in turns. */
async function both(task, service, rounds, flags) {
  const results = { rxscribe: [], plain: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [contender, list] of Object.entries(results))
      list.push(await run({ ...task, contender }, service, flags));
  }
  return results;
}

function cpuPerHour(result) {
  const { cpuMs, audioMs } = result.steps ? result.steps[0] : { ...result, audioMs: result.ms };
  return (cpuMs / audioMs) * HOUR_MS;
}

function allocationRows({ rxscribe, plain }) {
  return [
    ['allocated on the heap, per frame', 'heap'],
    ['allocated in buffers, per frame', 'buffers'],
  ].map(([label, name]) => {
    const [ours, theirs] = [rxscribe, plain].map(([{ rounds }]) => summary(rounds.map((round) => round[name])));
    return [label, spread(ours, ' bytes'), spread(theirs, ' bytes'), digits(ours.median / theirs.median)];
  });
}

function peakRows(measured) {
  return measured.map(({ work, rxscribe, plain }) => {
    const [ours, theirs] = [rxscribe, plain].map((results) => summary(results.map(({ peakRss }) => peakRss / 1e6)));
    return [`peak RSS, ${work}`, spread(ours, ' MB'), spread(theirs, ' MB'), digits(ours.median / theirs.median)];
  });
}

/** Writes a recording of noise. */
function wav(path, ms) {
  const length = ms * BYTES_PER_MS;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(length, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.alloc(length, 'noise')]));
  return path;
}

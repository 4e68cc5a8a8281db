import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startService } from './load/processes.js';
import { BYTES_PER_MS } from './load/serviceMessages.js';
import { digits, ratio, spread, summary } from './measure.js';

export const title = 'CPU and memory of the pipeline, compared to a plain script on the SDK';
export const targets = 'CPU time at most 1.15 times that of the plain script, with recovery.';

const MOST = 1.15;
const HOUR_MS = 3_600_000;
/** Where the difference comes from, by profile. */
const PROFILE =
  'Profile (`--cpu-prof`), in microseconds per frame. Stream: masking and writing WebSocket frames about 33 in both, and 5 more here because each frame is new memory; copy into the frame 4 (the plain script sends views), copy onto the tape 1, replay and ledger 3, RxJS 2, turns 2. With 400 live sources, whose data has left the cache: copy into the frame 5, onto the tape 3, relay, feed and ledger 9, RxJS 8, turns 5, session 3, garbage collection 5; every other function under 1.';
/** A young generation that is large enough to avoid collections while counting. */
const NO_COLLECTION = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

/**
 * File, stream or live sources → `bufferBytes` → `transcribe` → finals, compared to a script that cuts frames in a loop,
 * calls `sendAudio` and handles `turn`. Both send the same frames and wait in the same way while the socket is full.
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
      { work: 'raw PCM stream, 64 kB per event loop turn', task: recorded, times: rounds },
      { work: 'WAV file, 100 ms per event loop turn', task: { ...recorded, ...files }, times: rounds },
      { work: `${streams} live sources in real time, 100 ms chunks`, task: live, times: quick ? 1 : 3 },
    ];
    const measured = [];
    for (const { work, task, times } of works) {
      log(work);
      measured.push({ work, ...(await measure(task, service, times)) });
    }
    log('allocations');
    const counted = await measure({ name: 'allocations', ms: quick ? 48_000 : 96_000 }, service, 1, NO_COLLECTION);
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
        PROFILE,
        'Each round runs in a new process after a warm-up. A digest verifies every byte, and every final is compared by text.',
        'Allocations are the difference of two memory readings without a garbage collection between them. The constant cost of a session is subtracted.',
      ],
    };
  } finally {
    service.stop();
    rmSync(dir, { recursive: true });
  }
}

/** Runs both contenders alternately. */
async function measure(task, service, rounds, flags) {
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

/** Writes a WAV file. */
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

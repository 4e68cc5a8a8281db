import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, startService } from './load/processes.js';
import { BYTES_PER_MS } from './load/serviceMessages.js';
import { busyShare, digits, loadTable, machineLoad, ratio, spread, summary } from './measure.js';

export const title = 'CPU and memory of the pipeline, compared to a plain script on the SDK';
export const targets =
  'CPU time of the plain script as both are installed: 1.00 for a stream and a file, 1.25 for 100 and 1.30 for 500 live ' +
  'sources; with native masks and 10 MB of ballast in both: 1.5, 1.3, 1.35 and 1.4. With recovery.';

const HOUR_MS = 3_600_000;
const FRAME_MS = 100;
const BALLAST_MB = 10;
/** A young generation that is large enough to avoid collections while counting. */
const NO_COLLECTION = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

const VARIANTS = [
  { label: 'JavaScript masks', nativeMasks: false, ballastMB: 0 },
  { label: 'JavaScript masks, 10 MB of ballast', nativeMasks: false, ballastMB: BALLAST_MB },
  { label: 'native masks', nativeMasks: true, ballastMB: 0 },
  { label: 'native masks, 10 MB of ballast', nativeMasks: true, ballastMB: BALLAST_MB },
];
const [JS_MASKS, , NATIVE_MASKS, NATIVE_WITH_BALLAST] = VARIANTS;
/** Rounds of the first two works; the live ones take longer and have half as many. */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const { dependencies, optionalDependencies } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
);
/** The variant of rxscribe as npm installs it. */
const AS_INSTALLED = 'bufferutil' in { ...dependencies, ...optionalDependencies } ? NATIVE_MASKS : JS_MASKS;

/** Other versions of Node to measure with: paths of their binaries, separated by commas. */
const OTHER_NODES = (process.env['BENCH_NODES'] ?? '').split(',').filter(Boolean);
/** Who is compared with whom: as installed, and with native masks and ballast in both. */
const COMPARED = [
  [
    { contender: 'rxscribe', variant: AS_INSTALLED },
    { contender: 'plain', variant: JS_MASKS },
  ],
  [
    { contender: 'rxscribe', variant: NATIVE_WITH_BALLAST },
    { contender: 'plain', variant: NATIVE_WITH_BALLAST },
  ],
];

/**
 * File, stream or live sources → `bufferBytes` → `transcribe` → finals, compared to a script that cuts frames in a loop,
 * calls `sendAudio` and handles `turn`. Both send the same frames and wait in the same way while the socket is full.
 */
export async function bench({ quick, log }) {
  const service = await startService();
  const dir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));
  const loads = [];
  try {
    const works = worksOf(dir, quick);
    const measured = [];
    const everyVariant = VARIANTS.flatMap((variant) =>
      ['rxscribe', 'plain'].map((contender) => ({ variant, contender })),
    );
    for (const { work, task, rounds, most } of works) {
      const contenders = task.name === 'ramp' ? COMPARED.flat() : everyVariant;
      log(work);
      measured.push({ work, most, runs: await alternate(contenders, task, service, rounds, loads, work) });
    }
    log('limits');
    const [stream] = works;
    const limits = [
      { contender: 'raw TLS', variant: JS_MASKS },
      { contender: 'bare ws', variant: JS_MASKS },
      { contender: 'bare ws', variant: NATIVE_MASKS },
    ];
    const limitRuns = await alternate(limits, stream.task, service, stream.rounds, loads, 'limits');
    const nodes = [];
    for (const node of OTHER_NODES) {
      const version = execFileSync(node, ['-v'], { encoding: 'utf8' }).trim();
      log(version);
      const runs = await alternate(COMPARED.flat(), { ...stream.task, node }, service, stream.rounds, loads, version);
      nodes.push({ version, runs });
    }
    log('allocations');
    const task = { name: 'allocations', ms: quick ? 48_000 : 96_000 };
    const [rxscribe, plain] = await Promise.all(
      ['rxscribe', 'plain'].map((contender) => run({ ...task, contender }, service, NO_COLLECTION)),
    );
    const withTarget = measured.filter(({ most }) => most);
    return {
      tables: [
        {
          caption: 'CPU time of the process per frame of 3200 bytes, user and system, in microseconds.',
          columns: ['work', 'both with', 'rxscribe', 'plain script', 'ratio'],
          rows: measured.flatMap(({ work, runs }) =>
            VARIANTS.map((variant) => [work, variant.label, ...contenderCells(runs, variant)]),
          ),
        },
        {
          caption: `The physical limit for the first work: the same frames without the SDK.`,
          columns: ['client', 'both with', 'CPU per frame, µs'],
          rows: limits.map(({ contender, variant }) => [
            contender,
            contender === 'raw TLS' ? 'frames masked in advance' : variant.label,
            spread(summary(cpuOf(limitRuns, contender, variant))),
          ]),
        },
        {
          caption:
            'The first work with other versions of Node, whose binaries the variable BENCH_NODES names: as installed, and with ' +
            'native masks and ballast. CPU per frame, µs.',
          columns: ['Node', 'rxscribe', 'plain script', 'ratio', 'rxscribe, both native', 'plain script', 'ratio'],
          rows: nodes.map(({ version, runs }) => [version, ...nodeCells(runs)]),
        },
        {
          caption: `Memory.`,
          columns: ['', 'rxscribe', 'plain script', 'ratio'],
          rows: [...allocationRows({ rxscribe, plain }), ...peakRows(measured)],
        },
        loadTable(loads),
      ].filter(({ rows }) => rows.length > 0),
      verdicts: withTarget.flatMap(({ work, runs, most }) => [
        verdict(`as installed: ${work}`, ratioOf(runs, AS_INSTALLED, JS_MASKS), most.installed),
        verdict(`native masks, ballast: ${work}`, ratioOf(runs, NATIVE_WITH_BALLAST, NATIVE_WITH_BALLAST), most.native),
      ]),
      notes: [
        `Native masks are those of \`bufferutil\`, which \`ws\` uses if it is installed. rxscribe ${AS_INSTALLED === NATIVE_MASKS ? 'installs' : 'does not install'} it; the SDK does not.`,
        'Ballast is data of an application in both processes. V8 collects buffers more often from a heap of 8 MB on; the plain script stays below that without ballast.',
        `${ROUNDS} rounds, half as many of live sources (BENCH_ROUNDS=${ROUNDS}). Peak RSS is with native masks and ballast.`,
        'Each round runs in a new process after a warm-up. A digest verifies every byte, and every final is compared by text.',
        'Allocations are the difference of two memory readings without a garbage collection between them. The constant cost of a session is subtracted.',
      ],
    };
  } finally {
    service.stop();
    rmSync(dir, { recursive: true });
  }
}

function worksOf(dir, quick) {
  const ms = quick ? HOUR_MS / 12 : HOUR_MS;
  const files = { file: wav(join(dir, 'long.wav'), ms), warmFile: wav(join(dir, 'warm.wav'), 600_000) };
  const recorded = { name: 'recording', ms, warmMs: quick ? 60_000 : 600_000 };
  const live = (streams) => ({
    name: 'ramp',
    steps: [streams],
    settleMs: quick ? 500 : 3000,
    windowMs: quick ? 2000 : 6000,
  });
  const rounds = quick ? 1 : ROUNDS;
  const [few, many] = quick ? [20, 50] : [100, 500];
  return [
    { work: 'raw PCM stream, 64 kB per event loop turn', task: recorded, rounds, most: { installed: 1, native: 1.5 } },
    { work: 'the same, after an hour of it', task: { ...recorded, warmMs: ms }, rounds },
    {
      work: 'WAV file, 64 kB per event loop turn',
      task: { ...recorded, ...files },
      rounds,
      most: { installed: 1, native: 1.3 },
    },
    {
      work: `${few} live sources in real time, 100 ms chunks`,
      task: live(few),
      rounds: Math.ceil(rounds / 2),
      most: { installed: 1.25, native: 1.35 },
    },
    {
      work: `${many} live sources in real time, 100 ms chunks`,
      task: live(many),
      rounds: Math.ceil(rounds / 2),
      most: { installed: 1.3, native: 1.4 },
    },
  ];
}

/** Runs all contenders alternately; returns each with its results. */
async function alternate(contenders, task, service, rounds, loads, work) {
  const runs = contenders.map((contender) => ({ ...contender, results: [] }));
  for (let round = 0; round < rounds; round++) {
    const others = await machineLoad();
    const all = busyShare();
    for (const { contender, variant, results } of runs) {
      results.push(await run({ ...task, ...variant, contender }, service));
    }
    loads.push({ work, others, all: all() });
  }
  return runs;
}

/** None if the contender did not run in this variant. */
function resultsOf(runs, contender, variant) {
  return runs.find((one) => one.contender === contender && one.variant === variant)?.results ?? [];
}

/** What both took, and the ratio; cells without a measurement have a dash. */
function contenderCells(runs, variant) {
  const cell = (numbers) => (numbers.length > 0 ? spread(summary(numbers)) : '–');
  const [ours, theirs] = ['rxscribe', 'plain'].map((contender) => cpuOf(runs, contender, variant));
  return [cell(ours), cell(theirs), ours.length > 0 && theirs.length > 0 ? spread(ratio(ours, theirs)) : '–'];
}

/** Microseconds per frame in each round. */
function cpuOf(runs, contender, variant) {
  return resultsOf(runs, contender, variant).map((result) => {
    const { cpuMs, audioMs } = result.steps ? result.steps[0] : { ...result, audioMs: result.ms };
    return (1000 * cpuMs * FRAME_MS) / audioMs;
  });
}

function ratioOf(runs, ours, theirs) {
  return ratio(cpuOf(runs, 'rxscribe', ours), cpuOf(runs, 'plain', theirs));
}

function nodeCells(runs) {
  return COMPARED.flatMap(([{ variant: ours }, { variant: theirs }]) => [
    spread(summary(cpuOf(runs, 'rxscribe', ours))),
    spread(summary(cpuOf(runs, 'plain', theirs))),
    spread(ratioOf(runs, ours, theirs)),
  ]);
}

function verdict(label, measured, most) {
  const why = 'no single cause: docs/performance.md has a profile and what was tried';
  const met = measured.median <= most;
  return { target: `CPU ≤ ${most.toFixed(2)}, ${label}`, value: spread(measured), met, why: met ? undefined : why };
}

function allocationRows({ rxscribe, plain }) {
  return [
    ['allocated on the heap, per frame', 'heap'],
    ['allocated in buffers, per frame', 'buffers'],
  ].map(([label, name]) => {
    const [ours, theirs] = [rxscribe, plain].map(({ rounds }) => summary(rounds.map((round) => round[name])));
    return [label, spread(ours, ' bytes'), spread(theirs, ' bytes'), digits(ours.median / theirs.median)];
  });
}

function peakRows(measured) {
  return measured.map(({ work, runs }) => {
    const [ours, theirs] = ['rxscribe', 'plain'].map((contender) =>
      summary(resultsOf(runs, contender, NATIVE_WITH_BALLAST).map(({ peakRss }) => peakRss / 1e6)),
    );
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

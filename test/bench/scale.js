import { run, startService } from './load/processes.js';
import { digits } from './measure.js';

export const title = 'how many streams one process sustains';
export const targets =
  'at least 1000 real-time streams on two cores, the service on the same, no frame later than 100 ms; ' +
  'at most 150 kB each beyond what the plain script takes.';

const STEPS = [100, 250, 500, 1000, 1500, 2000];
const ENOUGH = 1000;
const MOST_BYTES = 150_000;

/** More and more real-time streams in one process, by the pipeline and by a plain script on the SDK. */
export async function bench({ quick, log }) {
  const service = await startService();
  const steps = quick ? [50, 100] : STEPS;
  const times = { settleMs: quick ? 1000 : 4000, windowMs: quick ? 2000 : 6000 };
  const results = {};
  const endings = [];
  try {
    for (const contender of ['rxscribe', 'plain']) {
      log(`${contender}, ${steps.join(', ')} streams`);
      const { steps: done, overload } = await run({ name: 'ramp', contender, steps, ...times }, service);
      results[contender] = done;
      if (overload) endings.push(`${contender} was taken no further: ${overload}.`);
    }
  } finally {
    service.stop();
  }
  const all = steps.map((count, at) => ({ count, ours: results.rxscribe[at], plain: results.plain[at] }));
  const pairs = all.filter(({ ours, plain }) => ours && plain);
  const sustained = sustainedOf(results.rxscribe);
  const judged = pairs.find(({ count }) => count === ENOUGH) ?? pairs.at(-1);
  const each = beyond(judged);
  return {
    tables: [
      {
        caption: 'Late is more than 100 ms after its time, of a frame on the socket. CPU is a share of one core.',
        columns: [
          'streams',
          'contender',
          'frames',
          'late',
          'p50, ms',
          'p99, ms',
          'worst, ms',
          'client CPU',
          'service CPU',
        ],
        rows: all.flatMap(({ ours, plain }) => [
          ...(ours ? [paceRow('rxscribe', ours)] : []),
          ...(plain ? [paceRow('plain script', plain)] : []),
        ]),
      },
      {
        caption:
          'Memory each stream takes beyond the same number of streams of the plain script, garbage collected, kB.',
        columns: [
          'streams',
          'all',
          'heap',
          'buffers',
          'of these the tape',
          'all but the tape',
          'resident (with garbage)',
        ],
        rows: pairs.map((pair) => {
          const { heap, buffers, tape, resident } = beyond(pair);
          return [pair.count, ...[heap + buffers, heap, buffers, tape, heap + buffers - tape, resident].map(kB)];
        }),
      },
    ],
    verdicts: [
      {
        target: `${quick ? steps.at(-1) : ENOUGH} streams, no frame later than 100 ms`,
        value: `${sustained} streams; the plain script ${sustainedOf(results.plain)}`,
        met: sustained >= (quick ? steps.at(-1) : ENOUGH),
        why: 'JavaScript runs on one of the two cores, and the client CPU shows when it is full: what a frame costs is in `pipeline`',
      },
      {
        target: `at most 150 kB each at ${judged.count} streams`,
        value: `${kB(each.heap + each.buffers)} kB`,
        met: each.heap + each.buffers <= MOST_BYTES,
        why: `${kB(each.tape)} kB of it are the tape, the audio a new session would have to hear again`,
      },
    ],
    notes: [
      ...endings,
      'The tape is the audio that a new session would have to hear again: here, where a turn ends every 3 s, 0.4 to 3.4 s of it. ' +
        'Where nobody speaks it is 20 s, 640 kB: the 10 s of `stallTimeout`, in which a dead connection may go unnoticed, and ' +
        'another 10 s. Holding less would lose words.',
    ],
  };
}

/** The most streams up to which no step had a late frame. */
function sustainedOf(steps) {
  const first = steps.findIndex(
    ({ late, frames, count, wallMs }) => late > 0 || frames < (count * wallMs * 0.98) / 100,
  );
  return first === 0 ? 0 : steps.at(first < 0 ? -1 : first - 1).count;
}

function paceRow(name, { count, frames, late, lateness, cpuMs, serviceCpuMs, wallMs }) {
  const shares = [cpuMs, serviceCpuMs].map((ms) => `${Math.round((ms / wallMs) * 100)} %`);
  return [count, name, frames, late, ...['p50', 'p99', 'max'].map((share) => digits(lateness[share])), ...shares];
}

function beyond({ count, ours, plain }) {
  const each = (name) => (ours[name] - plain[name]) / count;
  return { heap: each('heapUsed'), buffers: each('external'), tape: ours.tape / count, resident: each('rss') };
}

function kB(bytes) {
  return (bytes / 1000).toFixed(0);
}

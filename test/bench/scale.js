import { run, startService } from './load/processes.js';
import { digits } from './measure.js';

export const title = 'number of streams one process sustains';
export const targets =
  'up to 2000 real-time streams in one process, no frame later than 100 ms wherever the plain script has none; per stream, at most 30 kB of heap and 150 kB in all more than the plain script.';

const STEPS = [100, 250, 500, 1000, 1500, 2000];
const MAX_HEAP = 30_000;
const MAX_BYTES = 150_000;

/** Increasing numbers of real-time streams in one process, for the pipeline and for a plain script on the SDK. */
export async function bench({ quick, log }) {
  const service = await startService();
  const steps = quick ? [50, 100] : STEPS;
  const times = { settleMs: quick ? 1000 : 4000, windowMs: quick ? 2000 : 6000 };
  const results = {};
  const endings = [];
  try {
    for (const contender of ['rxscribe', 'plain']) {
      log(`${contender}, ${steps.join(', ')} streams`);
      const { steps: done, overload } = await run(
        { name: 'ramp', contender, steps, nativeMasks: contender === 'rxscribe', ...times },
        service,
      );
      results[contender] = done;
      if (overload) endings.push(`${contender} stopped here: ${overload}.`);
    }
  } finally {
    service.stop();
  }
  const all = steps.map((count, at) => ({ count, ours: results.rxscribe[at], plain: results.plain[at] }));
  const pairs = all.filter(({ ours, plain }) => ours && plain);
  const sustained = sustainedOf(results.rxscribe);
  const judged = pairs.at(-1);
  const extra = extraMemory(judged);
  return {
    tables: [
      {
        caption:
          'A frame is late if it is written to the socket more than 100 ms after it was due. CPU is a share of one core.',
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
          'Memory per stream beyond that of the plain script with the same number of streams, after garbage collection, in kB.',
        columns: [
          'streams',
          'all',
          'heap',
          'buffers',
          'tape (part of all)',
          'all without tape',
          'resident (with garbage)',
        ],
        rows: pairs.map((pair) => {
          const { heap, buffers, tape, resident } = extraMemory(pair);
          return [pair.count, ...[heap + buffers, heap, buffers, tape, heap + buffers - tape, resident].map(kB)];
        }),
      },
    ],
    verdicts: [
      {
        target: 'as many streams without a late frame as the plain script, up to 2000',
        value: `${sustained} streams; the plain script ${sustainedOf(results.plain)}`,
        met: sustained >= sustainedOf(results.plain),
        why: 'JavaScript uses one of the two cores, so 100 % client CPU is the limit; `pipeline` shows the cost per frame',
      },
      {
        target: `at most 30 kB of heap per stream at ${judged.count} streams`,
        value: `${kB(extra.heap)} kB`,
        met: extra.heap <= MAX_HEAP,
        why: '23 kB is what a transcription holds besides tape and session (test/support/countAllocations.js)',
      },
      {
        target: `at most 150 kB per stream at ${judged.count} streams`,
        value: `${kB(extra.heap + extra.buffers)} kB`,
        met: extra.heap + extra.buffers <= MAX_BYTES,
        why: `${kB(extra.tape)} kB of this is the tape: audio to replay in a new session`,
      },
    ],
    notes: [
      ...endings,
      'Both as they are installed: rxscribe with `bufferutil`, the plain script with the masks of `ws` in JavaScript.',
      'The tape holds the audio to replay in a new session: 0.4 to 3.4 s here, where a turn ends every 3 s. During silence it holds 20 s, 640 kB: the 10 s of `stallTimeout` and another 10 s. A shorter tape would lose words.',
    ],
  };
}

/** The largest number of streams without a late frame in any step up to it. */
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

function extraMemory({ count, ours, plain }) {
  const each = (name) => (ours[name] - plain[name]) / count;
  return { heap: each('heapUsed'), buffers: each('external'), tape: ours.tape / count, resident: each('rss') };
}

function kB(bytes) {
  return (bytes / 1000).toFixed(0);
}

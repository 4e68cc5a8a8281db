import { run, startService } from './load/processes.js';
import { summary } from './measure.js';

export const title = 'delay added by the pipeline';
export const targets =
  'p99 below 1 ms with 1 stream, below 10 ms with 500 real-time streams, in one process on two cores; with 500, the median from ' +
  'the service to `next` at most twice that of the plain script.';

const COUNTS = [1, 50, 500];
const MAX_MS = { 1: 1, 500: 10 };
const MEASURES = [
  ['source emits frame → frame written to socket', 'sending'],
  ['socket receives message → `next`', 'receiving'],
  ['service sends message → `next`', 'arriving'],
];

/** Real-time streams in one process; every frame and message is timed. */
export async function bench({ quick, log }) {
  const service = await startService();
  const steps = quick ? [1, 50] : COUNTS;
  const times = { settleMs: quick ? 500 : 2000, windowMs: quick ? 2500 : 6000 };
  const results = { rxscribe: [], plain: [] };
  try {
    for (let round = 0; round < (quick ? 1 : 2); round++) {
      for (const [contender, list] of Object.entries(results)) {
        log(`${contender}, ${steps.join(', ')} streams`);
        list.push(
          (await run({ name: 'ramp', contender, steps, nativeMasks: contender === 'rxscribe', ...times }, service))
            .steps,
        );
      }
    }
  } finally {
    service.stop();
  }
  const of = (contender, at, name, share) => summary(results[contender].map((round) => round[at][name][share]));
  const arrivalVerdict = (count) => {
    const [ours, plain] = ['rxscribe', 'plain'].map(
      (contender) => of(contender, steps.length - 1, 'arriving', 'p50').median,
    );
    const target = `p50 ≤ 2 times the plain script with ${count}: ${MEASURES[2][0]}`;
    const met = ours <= 2 * plain;
    const why = met
      ? undefined
      : 'the turns of all sources end within the same 100 ms; their messages wait behind frames and collections';
    return { target, value: `${ours.toFixed(3)} ms, plain script ${plain.toFixed(3)} ms`, met, why };
  };
  const deferred = results.rxscribe.flat().reduce((sum, step) => sum + step.deferred, 0);
  return {
    tables: [
      {
        caption: 'Milliseconds; medians of several rounds.',
        columns: ['', 'streams', 'rxscribe p50', 'p99', 'worst', 'plain p50', 'p99', 'worst'],
        rows: MEASURES.flatMap(([label, name]) =>
          steps.map((count, at) => [
            label,
            count,
            ...['rxscribe', 'plain'].flatMap((contender) =>
              ['p50', 'p99', 'max'].map((share) => of(contender, at, name, share).median.toFixed(3)),
            ),
          ]),
        ),
      },
    ],
    verdicts: [
      ...steps.flatMap((count, at) =>
        MAX_MS[count] === undefined
          ? []
          : MEASURES.slice(0, 2).map(([label, name]) => {
              const p99 = of('rxscribe', at, name, 'p99').median;
              const target = `p99 < ${MAX_MS[count]} ms with ${count}: ${label}`;
              const met = p99 < MAX_MS[count];
              const plain = of('plain', at, name, 'p99').median.toFixed(3);
              const why = met
                ? undefined
                : `the worst of few frames; plain script ${plain} ms, our p50 ${of('rxscribe', at, name, 'p50').median.toFixed(3)} ms`;
              return { target, value: `${p99.toFixed(3)} ms`, met, why };
            }),
      ),
      arrivalVerdict(steps.at(-1)),
    ],
    notes: [
      'Both as they are installed: rxscribe with `bufferutil`, the plain script with the masks of `ws` in JavaScript.',
      'A frame counts as written when the `send` of the WebSocket returns, which encrypts and writes synchronously. The third measure includes loopback and waiting in the event loop; all processes share one clock.',
      `Frames that were sent only after \`next\` had returned: ${deferred}.`,
    ],
  };
}

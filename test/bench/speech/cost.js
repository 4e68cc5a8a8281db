// CPU time from the source to the session for each frame, with and without `suspendAfter`.
import { pathToFileURL } from 'node:url';
import { setImmediate as nextTask } from 'node:timers/promises';
import { Observable, Subject } from 'rxjs';
import { interleave, ratio, spread, summary } from '../measure.js';

const FRAMES = 3000;
/** How many transcriptions a round has. */
const REPEATS = 5;
/** A folder with a build of the commit before the option, to compare with. */
const OTHER_BUILD = process.env['BENCH_BUILD'];
const FRAME = Buffer.from(Int16Array.from({ length: 1600 }, (_, at) => 3000 * Math.sin(at / 5)).buffer);

/** Tables and verdicts of the benchmark. */
export async function relayCost(quick) {
  const rounds = quick ? 20 : 100;
  const current = await transcribeOf(new URL('../../../', import.meta.url));
  const other = OTHER_BUILD && (await transcribeOf(pathToFileURL(`${OTHER_BUILD}/`)));
  const off = await interleave(
    { 'without suspendAfter': () => run(current), ...(other && { 'a build before the option': () => run(other) }) },
    { rounds, warmup: 20, collect: false },
  );
  // a day of silence: the detector runs, and nothing is suspended
  const on = await interleave(
    { 'with suspendAfter': () => run(current, { suspendAfter: 86_400_000 }) },
    { rounds: rounds / 10, warmup: 3, collect: false },
  );
  const perFrame = ({ cpu }) => summary(cpu.map((ms) => (1000 * ms) / FRAMES / REPEATS));
  const [now, before] = Object.values(off);
  const compared = before && ratio(now.cpu, before.cpu);
  return {
    table: {
      caption: 'CPU time of a frame of 100 ms from the source to the session, in microseconds.',
      columns: ['', 'per frame'],
      rows: Object.entries({ ...off, ...on }).map(([name, sample]) => [name, spread(perFrame(sample))]),
    },
    verdicts: compared
      ? [
          {
            target: 'without `suspendAfter`, the ratio to a build before the option',
            value: spread(compared),
            met: compared.median <= 1.05,
          },
        ]
      : [],
  };
}

async function transcribeOf(root) {
  return (await import(new URL('dist/src/streaming/transcribe.js', root).href)).transcribeOver;
}

async function run(transcribeOver, options) {
  // oxlint-disable-next-line no-await-in-loop -- one after another
  for (let n = 0; n < REPEATS; n++) await transcription(transcribeOver, options);
}

/** Sends the frames through a session that takes them at once. */
async function transcription(transcribeOver, options = {}) {
  let bytes = 0;
  const open = (input) =>
    new Observable((subscriber) => {
      subscriber.next({ type: 'Begin', id: 'bench', expires_at: 0 });
      subscriber.add(
        input.subscribe({ next: (frame) => (bytes += frame.length ?? 0), complete: () => subscriber.complete() }),
      );
    });
  const settings = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000, catchUpSpeed: Infinity, ...options };
  const frame$ = new Subject();
  const done = frame$.pipe(transcribeOver(open, settings)).forEach(() => {});
  await nextTask();
  for (let n = 0; n < FRAMES; n++) frame$.next(FRAME);
  frame$.complete();
  await done;
  if (bytes !== FRAMES * FRAME.length) throw new Error(`${bytes} bytes were sent`);
}

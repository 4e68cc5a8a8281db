import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

/** How late a thread that has nothing to do may come, in milliseconds: a page holds 100 ms of audio, then some is lost. */
const LATE_MS = 50;
/** How much of the processors' time the host of this machine may take for others. */
const STOLEN = 0.02;
/** How often something is tried. */
const ATTEMPTS = 2;

const WATCH = `
const { parentPort } = require('node:worker_threads');
let last = performance.now();
let worst = 0;
setInterval(() => {
  const now = performance.now();
  worst = Math.max(worst, now - last - 5);
  last = now;
}, 5);
parentPort.once('message', () => parentPort.postMessage(worst));
`;

/**
 * Runs what only a machine can pass that stands still for no longer than a page holds the sound of its microphone.
 *
 * What fails while the machine stood still, as a thread of its own and the system's count of stolen time tell, says nothing
 * of the code. It is run once more, and when that fails in the same way, it is not judged; both are printed. What fails on a
 * machine that ran is a failure, at once.
 *
 * @returns Whether it passed; otherwise it could not be judged.
 */
export async function steadily(what: string, run: () => Promise<void>): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const stillness = await watch();
    try {
      await run();
      return true;
    } catch (error) {
      const why = await stillness();
      if (why === undefined) throw error;
      console.warn(`${attempt < ATTEMPTS ? 'once more' : 'not judged'}: ${what}; ${why} meanwhile: ${String(error)}`);
    } finally {
      await stillness();
    }
  }
  return false;
}

/** Begins to watch the machine; what it returns ends that, and tells whether it stood still. */
async function watch(): Promise<() => Promise<string | undefined>> {
  const worker = new Worker(WATCH, { eval: true });
  await once(worker, 'online');
  const before = await processorTime();
  let told: Promise<string | undefined> | undefined;
  const tell = async (): Promise<string | undefined> => {
    worker.postMessage('tell', []);
    const [late] = (await once(worker, 'message')) as [number];
    await worker.terminate();
    const after = await processorTime();
    const stolen = (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
    if (stolen > STOLEN) return `its host took ${Math.round(stolen * 100)} % of the processors' time`;
    return late > LATE_MS ? `this machine stood still for ${Math.round(late)} ms` : undefined;
  };
  return () => (told ??= tell());
}

/** The time of all processors so far, and what of it a host gave to others; nothing where the system does not count that. */
async function processorTime(): Promise<{ readonly all: number; readonly stolen: number }> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const times = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '').split(' ').map(Number);
  return { all: times.slice(0, 8).reduce((sum, time) => sum + time, 0), stolen: times[7] ?? 0 };
}

// Plays a recording in real time to a model on this device and prints delays, processor time and memory.
// node test/support/measureOnDevice.js talk.wav MODEL_DIRECTORY [native|wasm] (Linux only: it reads /proc; run `npm run build` first)
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tap } from 'rxjs';
import { audioFile } from 'rxscribe';
import { transcribeLocally } from 'rxscribe/local';
import { bufferBytes } from 'rxscribe/operators';

const [path, model, engine = 'native'] = process.argv.slice(2);
const TICKS_PER_SECOND = 100;

/** Quantiles in milliseconds. */
function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN);
  return `median ${at(0.5)} ms, p90 ${at(0.9)} ms, max ${at(1)} ms (${sorted.length})`;
}

function childProcess() {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').at(-1);
}

function usage() {
  const pid = childProcess();
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, peakMb: Math.round(peak / 1024) };
}

const loop = monitorEventLoopDelay({ resolution: 5 });
const shown = [];
const finals = [];
let startedAt;
let recordedMs = 0;
let count = 0;
let atBegin;
let atEnd;
const mark = (frame) => {
  startedAt ??= performance.now();
  recordedMs += frame.length / 32;
  return frame;
};
const opened = performance.now();
audioFile(path)
  .pipe(bufferBytes(3200), tap(mark), transcribeLocally({ model, engine }))
  .subscribe({
    next: (event) => {
      const now = performance.now();
      if (event.type === 'Begin') {
        atBegin = usage();
        loop.enable();
        console.log(`load: ${Math.round(now - opened)} ms`);
      }
      if (event.type === 'Stats' && event.finalDelayMs !== undefined) finals.push(event.finalDelayMs);
      if (event.type !== 'Turn') return;
      for (const word of event.words.slice(count)) shown.push(now - startedAt - word.end);
      count = event.isFinal ? 0 : Math.max(count, event.words.length);
      if (event.isFinal) {
        atEnd = usage();
        console.log(`  ${event.transcript}`);
      }
    },
    complete: () => {
      loop.disable();
      const seconds = recordedMs / 1000;
      console.log(`word shown after it was spoken: ${quantiles(shown)}`);
      console.log(`final after its last word: ${quantiles(finals)}`);
      console.log(`engine: ${((atEnd.cpuS - atBegin.cpuS) / seconds).toFixed(2)} s of processor per second of audio`);
      console.log(
        `engine: ${atEnd.peakMb} MB at most; this process: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`,
      );
      console.log(`event loop of this process: p99 ${(loop.percentile(99) / 1e6).toFixed(1)} ms`);
    },
  });

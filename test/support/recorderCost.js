// Measures what it costs that the microphone is recorded in a child process: the delay of a chunk, and processor time. Its
// recorder in the child delivers 100 ms each 100 ms, without audio hardware. Run by hand, on Linux, after npm run build:
// node test/support/recorderCost.js [seconds]
import { readFileSync } from 'node:fs';
import { take } from 'rxjs';
import { microphone } from '../../dist/src/index.js';

const seconds = Number(process.argv[2] ?? 60);
const CHUNKS_PER_SECOND = 10;
/** Clock ticks per second in /proc. */
const TICKS = 100;

const decibri = new URL('../../package.json', import.meta.url).href;
/** Replaces decibri's recorder by one whose chunks start with the time at which they were delivered. */
const RECORDER = `
  import { EventEmitter } from 'node:events';
  import { createRequire } from 'node:module';
  const { Microphone } = createRequire('${decibri}')('decibri');
  Microphone.devices = () => [];
  Microphone.open = async () => {
    const recorder = Object.assign(new EventEmitter(), { vadScore: 0, overrunCount: 0, aecMetrics: () => null, stop() {} });
    setInterval(() => {
      const chunk = Buffer.alloc(3200);
      chunk.writeBigInt64LE(process.hrtime.bigint());
      recorder.emit('data', chunk);
    }, 100);
    return recorder;
  };
`;
process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(RECORDER)}`;

const delays = [];
let before;
await microphone({ onOpen: () => (before = { own: process.cpuUsage(), child: childSeconds() }) })
  .pipe(take(seconds * CHUNKS_PER_SECOND))
  .forEach((chunk) => {
    const sentAt = Buffer.from(chunk.buffer, chunk.byteOffset).readBigInt64LE();
    delays.push(Number(process.hrtime.bigint() - sentAt) / 1e6);
    if (delays.length === seconds * CHUNKS_PER_SECOND) report();
  });

function report() {
  delays.sort((a, b) => a - b);
  const { user, system } = process.cpuUsage(before.own);
  const perHour = (value) => ((value * 3600) / seconds).toFixed(0);
  console.log(`delay of a chunk: median ${at(0.5)} ms, 99 % ${at(0.99)} ms`);
  console.log(
    `processor time per hour of audio: child ${perHour(childSeconds() - before.child)} s, parent ${perHour((user + system) / 1e6)} s`,
  );
}

function at(part) {
  return delays[Math.floor(part * delays.length)].toFixed(2);
}

/** The processor time of the child process, in seconds. */
function childSeconds() {
  const [pid] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

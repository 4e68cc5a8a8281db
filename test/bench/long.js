import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../../dist/src/simulator/index.js';
import { YOUNG_GENERATION, expectedFinals, growthPerHour, runSoak } from '../support/soak.js';

export const title = 'memory of a process over hours of audio';
export const targets =
  'heap and RSS grow by less than 0.5 MB per audio hour, over 24 h of audio at high speed; so do those of 24 h of captions in five files and before 64 viewers, whose CPU time per turn does not grow';

const MB = 1024 * 1024;
/** Code and pools that are created in the first hours do not count as growth. */
const SETTLED_AFTER_HOURS = 2;
/** Caption files keep the latest eight hours of speech. */
const CAPTIONS_SETTLED_AFTER_HOURS = 10;
const VIEWERS = 64;

export async function bench({ quick, log }) {
  // each has a successor after 6 s, some six hours of audio at this speed
  const simulator = await startSimulator({
    caDir: process.env.RXSCRIBE_TEST_CA_DIR,
    keepAudio: false,
    maxSessionSeconds: 8,
  });
  const hours = quick ? 2 : 24;
  const started = performance.now();
  const onSample = ({ hour, heapUsed, rss }) =>
    log(`${hour} h: heap ${(heapUsed / MB).toFixed(1)} MB, resident ${(rss / MB).toFixed(1)} MB`);
  const { code, samples, finals, stats } = await runSoak(simulator, hours, {
    perHour: quick ? 4 : 1,
    onSample,
  });
  await simulator.close();
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`the program ended with ${code}`);
  if (finals !== expectedFinals(stats.capturedMs) || stats.gapMs > 0) {
    throw new Error(
      `${finals} finals instead of ${expectedFinals(stats.capturedMs)}, ${stats.gapMs} ms lost: the run is invalid`,
    );
  }

  const captions = await captionDay(hours, quick ? 4 : 1, log);

  const shown = quick ? samples : samples.filter(({ hour }) => [1, 2, 4, 8, 12, 16, 20, 24].includes(hour));
  return {
    tables: [
      {
        caption: `Memory in MB after garbage collection; ${finals} finals, none missing or doubled, over ${stats.sessions} sessions.`,
        columns: ['audio, h', 'heap', 'external', 'resident', 'handles'],
        rows: shown.map(({ hour, heapUsed, external, rss, handles }) => [
          hour,
          (heapUsed / MB).toFixed(2),
          (external / MB).toFixed(2),
          (rss / MB).toFixed(1),
          handles,
        ]),
      },
      {
        caption: `The same of ${hours} h of captions, ${hours * 9000} words: five files, the captions page, and ${VIEWERS} viewers.`,
        columns: ['speech, h', 'heap', 'resident', 'CPU per turn, ms'],
        rows: captions
          .filter(({ hour }) => quick || [1, 2, 4, 8, 12, 16, 20, 24].includes(hour))
          .map(({ hour, heapUsed, rss, msPerTurn }) => [
            hour,
            (heapUsed / MB).toFixed(2),
            (rss / MB).toFixed(1),
            msPerTurn.toFixed(2),
          ]),
      },
    ],
    verdicts: [
      verdict('heap', 'heapUsed', samples, quick),
      verdict('RSS', 'rss', samples, quick),
      verdict('heap with captions', 'heapUsed', captions, quick, CAPTIONS_SETTLED_AFTER_HOURS),
      verdict('RSS with captions', 'rss', captions, quick, CAPTIONS_SETTLED_AFTER_HOURS),
      cpuVerdict(captions),
    ],
    notes: [
      `One transcription of ${hours} h of audio at ${Math.round((hours * 3600) / seconds)} times real time. The service runs in ` +
        'another process; its sessions expire, so that successors take over as they do in a day.',
      'Captions are events of turns of 20 words with two partials each, and a correction of speakers every 50 turns. The process writes as ' +
        'fast as the files accept them. Its memory grows until it holds the eight hours of speech that corrections may change.',
      `Node runs with ${YOUNG_GENERATION}. Without it the resident memory begins some 30 MB lower and comes to the same within twelve ` +
        'hours, while V8 lets its young generation grow to its limit. Measured once: 101 MB after 1 h, 131 after 12, 132.5 after 24, which is 0.56 MB per hour from the third on, and 0.1 from the twelfth on; what survives a collection stays at 8 MB.',
    ],
  };
}

/** Judges the growth per hour, by least squares. */
function verdict(label, name, samples, quick, settledAfter = SETTLED_AFTER_HOURS) {
  const after = quick ? SETTLED_AFTER_HOURS / 2 : settledAfter;
  const slope = growthPerHour(samples, name, after) / MB;
  return {
    target: `${label}: less than 0.5 MB per hour after the first ${quick ? 'hour' : `${settledAfter} h`}`,
    value: `${slope.toFixed(3)} MB per hour`,
    met: slope < 0.5,
    ...(quick && { why: 'too short to judge; it only shows that the benchmark works' }),
  };
}

/** Compares the CPU time per turn of the second half with that of the first, without its first quarter. */
function cpuVerdict(samples) {
  const mean = (from, to) => {
    const part = samples.slice(from * samples.length, to * samples.length);
    return part.reduce((sum, { msPerTurn }) => sum + msPerTurn, 0) / part.length;
  };
  const ratio = mean(0.5, 1) / mean(0.25, 0.5);
  const target = 'CPU per turn with captions: at most 1.2 times as much in the second half';
  return { target, value: `${ratio.toFixed(2)} times`, met: ratio <= 1.2 };
}

/** Writes hours of captions in a child process, shows them to viewers of this one, and returns samples of the child. */
async function captionDay(hours, perHour, log) {
  const folder = mkdtempSync(join(tmpdir(), 'rxscribe-captions-'));
  const program = fileURLToPath(new URL('../support/captionDay.js', import.meta.url));
  const args = ['--expose-gc', YOUNG_GENERATION, program, folder, String(hours), String(perHour)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const samples = [];
  for await (const line of createInterface(child.stdout)) {
    const report = JSON.parse(line);
    if ('url' in report) {
      for (let count = 0; count < VIEWERS; count++) await view(`${report.url}events`);
      child.stdin.write('start\n');
      continue;
    }
    samples.push(report);
    log(
      `${report.hour} h of captions: heap ${(report.heapUsed / MB).toFixed(1)} MB, ${report.msPerTurn.toFixed(2)} ms a turn`,
    );
  }
  const [code] = await closed;
  const cues = readFileSync(join(folder, 'day.txt'), 'utf8').split('\n').length - 1;
  rmSync(folder, { recursive: true });
  if (code !== 0 || cues !== hours * 450) throw new Error(`${cues} of ${hours * 450} turns written, exit code ${code}`);
  return samples;
}

/** Connects a viewer, which reads everything. */
function view(url) {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      response.on('error', () => {});
      response.once('data', resolve);
      response.resume();
    }).on('error', reject);
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('soakProgram.js', import.meta.url));
/** V8 grows its young generation to 16 MB per half within twelve hours; fixed from the start, it does not look like a leak. */
export const YOUNG_GENERATION = '--min-semi-space-size=16';

/**
 * Transcribes hours of audio as fast as possible in a child process, and returns samples of that process's memory.
 *
 * @param service Address and key of a local service.
 * @param hours Hours of audio.
 * @param options Samples `perHour`; `onSample`, called with each sample.
 */
export async function runSoak({ url, apiKey }, hours, { perHour = 1, onSample = () => {} } = {}) {
  const args = ['--expose-gc', YOUNG_GENERATION, PROGRAM, url, apiKey, String(hours), String(perHour)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const samples = [];
  let last;
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const report = JSON.parse(line);
      if ('finals' in report) last = report;
      else {
        samples.push(report);
        onSample(report);
      }
    }
  });
  const [code] = await once(child, 'close');
  return { code, samples, ...last };
}

/** The number of finals in so much audio: seven each time the recording is played. */
export function expectedFinals(ms) {
  return Math.round(ms / 24_760) * 7;
}

/**
 * Memory growth per hour of audio, in bytes: the slope of the samples by least squares.
 *
 * @param samples In order.
 * @param name The measured value: `heapUsed`, `external` or `rss`.
 * @param afterHour Samples up to this hour are ignored, because memory that is allocated once is not growth.
 */
export function growthPerHour(samples, name, afterHour) {
  const later = samples.filter(({ hour }) => hour > afterHour);
  const mean = (value) => later.reduce((sum, sample) => sum + value(sample), 0) / later.length;
  const hour = mean((sample) => sample.hour);
  const held = mean((sample) => sample[name]);
  return mean((sample) => (sample.hour - hour) * (sample[name] - held)) / mean((sample) => (sample.hour - hour) ** 2);
}

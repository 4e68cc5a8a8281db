import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('soakProgram.js', import.meta.url));

/**
 * Transcribes hours of audio as fast as it goes, in a process of its own, and tells what that process held meanwhile.
 *
 * @param service Address and key of a local service.
 * @param hours How many hours of audio.
 * @param options How many samples `perHour`; `onSample`, called with each as it comes; `execArgv`, options for Node.
 */
export async function runSoak({ url, apiKey }, hours, { perHour = 1, onSample = () => {}, execArgv = [] } = {}) {
  const args = ['--expose-gc', ...execArgv, PROGRAM, url, apiKey, String(hours), String(perHour)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const samples = [];
  let last;
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const told = JSON.parse(line);
      if ('finals' in told) last = told;
      else {
        samples.push(told);
        onSample(told);
      }
    }
  });
  const [code] = await once(child, 'close');
  return { code, samples, ...last };
}

/** How many finals there must be of so much audio: seven of each time the recording was played. */
export function expectedFinals(ms) {
  return Math.round(ms / 24_760) * 7;
}

/**
 * By how much what is held grows per hour of audio: the slope of the line through the samples, by least squares.
 *
 * @param samples In order.
 * @param name Which of what they tell: `heapUsed`, `external`, `rss`.
 * @param afterHour Samples up to this hour are left out: what is allocated once is no growth.
 */
export function growthPerHour(samples, name, afterHour) {
  const later = samples.filter(({ hour }) => hour > afterHour);
  const mean = (value) => later.reduce((sum, sample) => sum + value(sample), 0) / later.length;
  const hour = mean((sample) => sample.hour);
  const held = mean((sample) => sample[name]);
  return mean((sample) => (sample.hour - hour) * (sample[name] - held)) / mean((sample) => (sample.hour - hour) ** 2);
}

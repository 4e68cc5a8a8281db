// Transcribes a 48 kHz stereo WAV file of three hours with the built program and the local service, as fast as possible, and
// prints the words, the time and the peak memory. Run by hand: npm run build && node test/support/longRecording.js [hours]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { wavFile } from '../../dist/src/captions/files.js';
import { audioFile } from '../../dist/src/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/src/cli/main.js');
const words = join(root, 'src/simulator/recording/demo.json');
const dir = await mkdtemp(join(tmpdir(), 'rxscribe-long-'));
const [once48, once16, long] = ['once48.wav', 'once16.wav', 'long.wav'].map((name) => join(dir, name));
const HEADER_BYTES = 44;

try {
  // bitexact leaves out the tag that would make the header longer
  const source = join(root, 'src/simulator/recording/demo.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-i', source, '-ac', '2', '-ar', '48000', '-bitexact', once48]);
  // the service recognises audio that is equal byte for byte, so it is given what the resampler makes of the recording
  await lastValueFrom(audioFile(once48, { speed: Infinity }).pipe(wavFile(once16, { sampleRate: 16_000 })));
  const { repetitions, seconds } = await repeat(Number(process.argv[2] ?? 3) * 3600);
  const service = spawn(process.execPath, [main, 'serve', '--recording', once16, '--words', words]);
  const [line] = await once(createInterface(service.stdout), 'line');
  const { url, caFile, apiKey } = JSON.parse(line);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey };
  await transcribe(url, env, repetitions, seconds).finally(() => service.kill('SIGINT'));
} finally {
  await rm(dir, { recursive: true });
}

/** Repeats the recording for at least so many seconds. */
async function repeat(least) {
  const wav = await readFile(once48);
  const pcm = wav.subarray(HEADER_BYTES);
  const seconds = pcm.length / (4 * 48_000);
  const repetitions = Math.ceil(least / seconds);
  const header = Buffer.from(wav.subarray(0, HEADER_BYTES));
  header.writeUInt32LE(pcm.length * repetitions, HEADER_BYTES - 4);
  const out = createWriteStream(long);
  out.write(header);
  for (let count = 0; count < repetitions; count += 1) if (!out.write(pcm)) await once(out, 'drain');
  out.end();
  await finished(out);
  return { repetitions, seconds: repetitions * seconds };
}

async function transcribe(url, env, repetitions, seconds) {
  const opened = performance.now();
  await firstValueFrom(audioFile(long, { speed: Infinity }));
  const firstChunkMs = performance.now() - opened;

  const expected = JSON.parse(await readFile(words, 'utf8')).words.map(({ text }) => text);
  const started = performance.now();
  const program = spawn(process.execPath, [main, 'file', long, '--url', url, '--speed', 'max'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peakKb = 0;
  const measure = () => {
    const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0)); // a program that has ended has none
  };
  const timer = setInterval(measure, 100);
  const seen = [];
  for await (const line of createInterface(program.stdout)) seen.push(...line.split(' '));
  clearInterval(timer);
  const wrong = seen.filter((word, at) => word !== expected[at % expected.length]).length;
  console.log(`${(seconds / 3600).toFixed(2)} h of audio in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(`${seen.length} of ${expected.length * repetitions} words, ${wrong} wrong`);
  console.log(`first chunk after ${firstChunkMs.toFixed(0)} ms, peak resident memory ${(peakKb / 1024).toFixed(0)} MB`);
}

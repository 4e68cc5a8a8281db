// Transcribes hours of audio as fast as possible and prints the memory of the process as lines of JSON. Run with
// --expose-gc and these arguments: the address of a local service, its key, hours of audio, samples per hour.
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTask } from 'node:timers/promises';
import { pcmStream, transcribe } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';

const [websocketBaseUrl, apiKey, hours, perHour] = process.argv.slice(2);
const pcm = (await readFile(new URL('../../src/simulator/recording/demo.wav', import.meta.url))).subarray(44);
const HOUR = 3600 * 32_000; // bytes of 16 kHz, 16-bit, mono
let finals = 0;
let stats;

async function* audio() {
  let sent = 0;
  for (let sample = 1; sample <= hours * perHour; sample++) {
    const hour = sample / perHour;
    for (; sent < hour * HOUR; sent += pcm.length) {
      for (let at = 0; at < pcm.length; at += 64_000) {
        yield pcm.subarray(at, at + 64_000);
        await nextTask();
      }
    }
    globalThis.gc();
    await nextTask(); // buffers are released in a later task
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    console.log(JSON.stringify({ hour, heapUsed, external, rss, handles: process.getActiveResourcesInfo().length }));
  }
}

await pcmStream(audio())
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey, websocketBaseUrl, speechModel: 'u3-rt-pro', sampleRate: 16_000, catchUpSpeed: Infinity }),
  )
  .forEach((event) => {
    if (event.type === 'Turn' && event.isFinal) finals++;
    if (event.type === 'Stats') stats = event;
  });
console.log(JSON.stringify({ finals, stats }));

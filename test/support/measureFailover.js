// Breaks the service in the middle of speech and prints after how long this device shows the first words.
// node test/support/measureFailover.js MODEL_DIRECTORY (run `npm run build` first)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatMap, from, lastValueFrom, takeWhile, tap } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { local } from 'rxscribe/local';
import { bufferBytes } from 'rxscribe/operators';
import { createAuthority, startSimulator } from 'rxscribe/simulator';

const RECORDING = fileURLToPath(new URL('../../src/simulator/recording/demo.wav', import.meta.url));
/** Where the service breaks, in seconds of the recording. */
const BREAKS = [3.5, 4.5, 8.5, 9.5, 13.5];
const [model, caDir] = process.argv.slice(2);

if (!caDir) {
  // Node reads NODE_EXTRA_CA_CERTS only when it starts
  const folder = mkdtempSync(join(tmpdir(), 'rxscribe-failover-'));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: await createAuthority(folder) };
  process.exitCode = spawnSync(process.execPath, [process.argv[1], model, folder], { env, stdio: 'inherit' }).status;
  rmSync(folder, { recursive: true });
} else {
  await lastValueFrom(from(BREAKS).pipe(concatMap(breakAt)));
}

/** Transcribes until this device has shown words. */
async function breakAt(seconds) {
  const service = await startSimulator({ caDir });
  const frames = seconds * 10;
  let count = 0;
  let brokenAt;
  const breakService = () => {
    if (++count !== frames) return;
    brokenAt = performance.now();
    void service.close();
  };
  const options = { apiKey: service.apiKey, websocketBaseUrl: service.url, sampleRate: 16_000 };
  const event$ = audioFile(RECORDING).pipe(
    bufferBytes(3200),
    tap(breakService),
    transcribe({ ...options, speechModel: 'universal-3-6-pro', fallback: local({ model }) }),
  );
  let session = 0;
  const isAwaited = (event) => {
    if (event.type === 'Begin' && event.runsOn === 'device') session = event.session;
    return !(session > 0 && event.type === 'Turn' && event.session === session);
  };
  await lastValueFrom(event$.pipe(takeWhile(isAwaited)));
  console.log(`broken at ${seconds} s: words after ${Math.round(performance.now() - brokenAt)} ms`);
}

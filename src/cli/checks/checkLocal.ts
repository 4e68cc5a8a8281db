import { fileURLToPath } from 'node:url';
import { lastValueFrom, tap } from 'rxjs';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { audioFile } from '../../audio/audioFile.ts';
import { checkHashes, findModel } from '../../local/models.ts';
import { transcribeLocally } from '../../local/transcribeLocally.ts';
import { modelDirectory } from '../modelDirectory.ts';
import type { Finding } from './finding.ts';

const RECORDING = fileURLToPath(new URL('../../simulator/recording/demo.wav', import.meta.url));
/** Partials take up to five times as much time as finals alone, which are measured here. */
const LEAST_SPEED = 6;

/** Checks that a model on this device is complete, that its engine loads it, and how fast it is. */
export async function checkLocal(local: string, report: (finding: Finding) => void): Promise<void> {
  let model: string;
  try {
    model = modelDirectory(local);
    const found = findModel(model);
    await checkHashes(found);
    report({ check: 'model', ok: true, found: `${found.kind} in ${model}` });
  } catch (error) {
    report({ check: 'model', ok: false, found: messageOf(error) });
    return;
  }
  try {
    const { loadMs, speed } = await measure(model);
    report({ check: 'engine', ok: true, found: `loads the model in ${(loadMs / 1000).toFixed(1)} s` });
    const found = `${speed.toFixed(1)} times as fast as speech, without partials`;
    const advice = 'speech may have to wait; use a smaller model or close other programs';
    report({ check: 'speed', ok: speed >= LEAST_SPEED, found, ...(speed < LEAST_SPEED && { advice }) });
  } catch (error) {
    report({ check: 'engine', ok: false, found: messageOf(error) });
  }
}

/** Transcribes the bundled recording; returns how long loading took, and the speed as a multiple of real time. */
async function measure(model: string): Promise<{ readonly loadMs: number; readonly speed: number }> {
  const startedAt = performance.now();
  let begunAt = startedAt;
  const event$ = audioFile(RECORDING, { speed: Infinity }).pipe(
    bufferBytes(3200),
    transcribeLocally({ model, partials: false }),
    tap(({ type }) => {
      if (type === 'Begin') begunAt = performance.now();
    }),
  );
  const last: TranscriptionEvent = await lastValueFrom(event$);
  const audioMs = last.type === 'Stats' ? last.capturedMs : 0;
  return { loadMs: begunAt - startedAt, speed: audioMs / (performance.now() - begunAt) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

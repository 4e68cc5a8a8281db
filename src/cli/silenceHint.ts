import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { bytesToMs } from '../audio/pcm.ts';
import { levelOf } from './terminal/level.ts';

/** How long a microphone may deliver no sound before a hint, in milliseconds. */
const HINT_AFTER_MS = 30_000;
/** A microphone that is on is louder than this even in a quiet room, in dBFS. */
export const MUTED_DB = -75;

/** Calls a function once if a microphone delivers no sound for 30 s of audio; passes all chunks on. */
export function silenceHint(sampleRate: number, onSilence: () => void): MonoTypeOperatorFunction<Uint8Array> {
  let silentMs = 0;
  let hinted = false;
  return tap((chunk) => {
    if (hinted) return;
    silentMs = levelOf(chunk) > MUTED_DB ? 0 : silentMs + bytesToMs(chunk.length, { sampleRate });
    if (silentMs < HINT_AFTER_MS) return;
    hinted = true;
    onSilence();
  });
}

import { Aligner } from './aligner.ts';
import { BlockIndex } from './blockIndex.ts';
import type { PoisonFault, StreamFault } from './faults.ts';
import type { Recording } from './recording.ts';

/** Finds, in the audio of one session, the stretches that always fail. */
export interface PoisonDetector {
  /** Accepts the next bytes (16-bit signed little endian) and returns the fault of a stretch found in them. */
  push(bytes: Uint8Array): StreamFault | undefined;
}

/**
 * Creates detectors for the given stretches. A stretch is recognised by its samples, after about 6 ms of it at 16 kHz, so
 * replayed audio fails again.
 *
 * @throws {RangeError} if a stretch names a recording that does not exist.
 */
export function poisonDetectors(
  faults: readonly PoisonFault[],
  recordings: readonly Recording[],
): () => PoisonDetector | undefined {
  const stretches = new Map(faults.map((fault) => [samplesOf(fault, recordings), fault.as ?? 'close-3005']));
  if (stretches.size === 0) return () => undefined;
  const index = new BlockIndex([...stretches.keys()]);
  return () => {
    const aligner = new Aligner(index);
    return {
      push: (bytes) => {
        const found = aligner.push(bytes).find((piece) => piece.kind === 'found');
        return found?.kind === 'found' ? stretches.get(found.position.pcm) : undefined;
      },
    };
  };
}

function samplesOf({ recording: at = 0, fromMs, toMs }: PoisonFault, recordings: readonly Recording[]): Uint8Array {
  const recording = recordings[at];
  if (recording === undefined)
    throw new RangeError(`a poison fault needs recording ${at}, there are ${recordings.length}`);
  const byte = (ms: number): number => 2 * Math.round((ms * recording.sampleRate) / 1000);
  return recording.pcm.subarray(byte(fromMs), byte(toMs));
}

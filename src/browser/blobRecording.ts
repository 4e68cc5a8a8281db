import { errorDetails } from '../audio/errorDetails.ts';
import { CONVERT_COMMAND } from '../audio/fileError.ts';
import { readWav } from '../audio/wav.ts';
import type { RandomAccess } from '../audio/wav.ts';
import { chunkBytes, isPcm16, wavSamples } from '../audio/wavSamples.ts';
import { TranscriptionError } from '../errors.ts';
import { pcm16 } from './pcm16.ts';

/** Advice by the name of the browser's error. */
const ADVICE: Readonly<Record<string, string>> = {
  EncodingError: `this browser cannot decode it; ${CONVERT_COMMAND}`,
  NotReadableError: 'it can no longer be read; choose it again',
  NotFoundError: 'it can no longer be found; choose it again',
};

/**
 * Reads the recording in a `Blob`.
 *
 * @yields Chunks of 100 ms of 16-bit mono PCM, the last one shorter.
 */
export async function* blobRecording(blob: Blob, sampleRate: number): AsyncGenerator<Uint8Array> {
  try {
    if (blob.size === 0) throw new TranscriptionError('file', 'it is empty');
    const file = randomAccess(blob);
    const wav = await readWav(file);
    yield* wav && isPcm16(wav, sampleRate) ? wavSamples(file, wav, blob.size) : decoded(blob, sampleRate);
  } catch (error) {
    throw blobFailure(blob, error);
  }
}

function randomAccess(blob: Blob): RandomAccess {
  return {
    read: async (buffer, offset, length, position) => {
      const bytes = new Uint8Array(await blob.slice(position, position + length).arrayBuffer());
      buffer.set(bytes, offset);
      return { bytesRead: bytes.length };
    },
  };
}

async function* decoded(blob: Blob, sampleRate: number): AsyncGenerator<Uint8Array> {
  const context = new OfflineAudioContext(1, 1, sampleRate);
  const bytes = pcm16(average(await context.decodeAudioData(await blob.arrayBuffer())));
  const size = chunkBytes(sampleRate);
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.slice(at, at + size);
  }
}

function average(audio: AudioBuffer): Float32Array {
  const channels = Array.from({ length: audio.numberOfChannels }, (_, index) => audio.getChannelData(index));
  const [first = new Float32Array(0)] = channels;
  if (channels.length === 1) return first;
  return first.map((_, at) => channels.reduce((sum, channel) => sum + (channel[at] ?? 0), 0) / channels.length);
}

function blobFailure(blob: Blob, error: unknown): TranscriptionError {
  const name = blob instanceof File ? JSON.stringify(blob.name) : 'the Blob';
  const { message } = errorDetails(error);
  const text = error instanceof DOMException ? (ADVICE[error.name] ?? message) : message;
  const options = error instanceof TranscriptionError ? {} : { cause: error };
  return new TranscriptionError('file', `cannot read ${name}: ${text}`, options);
}

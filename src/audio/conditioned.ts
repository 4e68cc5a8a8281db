import { loadDecibri } from './loadDecibri.ts';
import type { ConditioningOptions } from './recordingOptions.ts';

/**
 * The audio that is conditioned at once, and before it the audio that only brings filters and gain into their state. All
 * are multiples of the 256 samples at 16 kHz that the noise model processes at once.
 */
const FIRST_SECONDS = 2.048;
const SECONDS = 30.72;
const LEAD_SECONDS = 5.12;

const NAMES = ['dcRemoval', 'denoise', 'highpass', 'agc', 'limiter'] as const;

/** Returns the function that conditions and encodes samples; `undefined` if no conditioning is wanted. */
export function conditioning(
  options: ConditioningOptions & { readonly sampleRate?: number },
): ((pieces: AsyncIterable<Float32Array>) => AsyncIterable<Uint8Array>) | undefined {
  const { sampleRate = 16_000 } = options;
  const wanted = NAMES.filter((name) => options[name] !== undefined && options[name] !== false);
  const chosen: ConditioningOptions = Object.fromEntries(wanted.map((name) => [name, options[name]]));
  return wanted.length > 0 ? (pieces) => conditioned(pieces, sampleRate, chosen) : undefined;
}

/**
 * Conditions audio with decibri, which works on whole recordings, in stretches of 31 s. Each is preceded by the 5 s before
 * it, whose output is discarded.
 *
 * @yields 16-bit samples as bytes, in order.
 */
async function* conditioned(
  pieces: AsyncIterable<Float32Array>,
  sampleRate: number,
  options: ConditioningOptions,
): AsyncGenerator<Uint8Array> {
  const { File } = await loadDecibri('file');
  const leadLength = Math.round(LEAD_SECONDS * sampleRate);
  const length = Math.round(SECONDS * sampleRate);
  const held = new Float32Array(leadLength + length);
  let lead = 0;
  let filled = 0;
  let wanted = Math.round(FIRST_SECONDS * sampleRate);
  const condition = async function* (isLast: boolean): AsyncGenerator<Uint8Array> {
    const file = File.buffer(held.slice(0, filled), { ...options, sampleRate, inputRate: sampleRate });
    try {
      // the delay of the filters is the same everywhere, so only the last stretch has the rest
      yield* range(file, lead * 2, isLast ? Infinity : filled * 2);
    } finally {
      file.close();
    }
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + wanted - (filled - lead));
      held.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled - lead < wanted) continue;
      yield* condition(false);
      const kept = Math.min(filled, leadLength);
      held.copyWithin(0, filled - kept, filled);
      lead = kept;
      filled = kept;
      wanted = length;
    }
  }
  if (filled > 0) yield* condition(true);
}

/**
 * Selects a range of bytes.
 *
 * @yields The bytes from one position to another.
 */
async function* range(pieces: AsyncIterable<Uint8Array>, from: number, to: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.length;
    if (part.length > 0) yield part;
  }
}

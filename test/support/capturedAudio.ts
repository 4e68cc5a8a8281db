import type { Page } from 'playwright-core';
import { pcm16 } from '../../src/audio/pcm16.ts';
import { Resampler } from '../../src/audio/resampler.ts';

/**
 * A script for a page, to run before all others: keeps what the audio thread hands over, before anything of ours has it, and
 * has `base64`, as which bytes come out of a page.
 *
 * A browser whose audio thread stood still drops sound before that, so a busy machine may lose some of what was spoken. What
 * was handed over is the measure of what we have to deliver, to the sample, on every machine.
 */
export const RECORD_CAPTURED = `
  globalThis.captured = [];
  globalThis.AudioWorkletNode = class extends AudioWorkletNode {
    constructor(context, ...rest) {
      super(context, ...rest);
      const kept = { sampleRate: context.sampleRate, parts: [] };
      captured.push(kept);
      this.port.addEventListener('message', ({ data }) => {
        if (data instanceof ArrayBuffer) kept.parts.push(data.slice());
      });
    }
  };
  globalThis.base64 = async (parts) => {
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  };
`;

/** What such a page has. */
declare global {
  // oxlint-disable-next-line no-var -- a global of the page
  var captured: readonly { readonly sampleRate: number; readonly parts: readonly ArrayBuffer[] }[];
  function base64(parts: readonly (ArrayBuffer | Uint8Array)[]): Promise<string>;
}

/** What the latest recording of a page has to deliver of what was captured so far: 16-bit mono of 16 kHz. */
export async function expectedPcmOf(page: Page): Promise<Buffer> {
  return expectedPcm(
    await page.evaluate(async () => {
      const { sampleRate, parts } = captured.at(-1)!;
      return { sampleRate, samples: await base64(parts) };
    }),
  );
}

/** The same of a recording at the rate of its device, its samples as numbers of 32 bits in base64. */
export function expectedPcm({
  sampleRate,
  samples,
}: {
  readonly sampleRate: number;
  readonly samples: string;
}): Buffer {
  const bytes = Buffer.from(samples, 'base64');
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  return Buffer.from(pcm16(new Resampler(Math.round(sampleRate), 16_000).push(floats)));
}

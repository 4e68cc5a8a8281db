import type { Page } from 'playwright-core';
import { pcm16 } from '../../src/audio/pcm16.ts';
import { Resampler } from '../../src/audio/resampler.ts';

/**
 * A script that runs in a page before all others: it records what the audio thread passes to the page, and defines `base64`,
 * which encodes bytes to return from the page.
 *
 * On a busy machine, the browser drops audio before that point. What it passed on must be delivered to the sample.
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

/** The globals of such a page. */
declare global {
  // oxlint-disable-next-line no-var -- a global of the page
  var captured: readonly { readonly sampleRate: number; readonly parts: readonly ArrayBuffer[] }[];
  function base64(parts: readonly (ArrayBuffer | Uint8Array)[]): Promise<string>;
}

/** The 16-bit mono at 16 kHz that the latest recording of a page must deliver for the audio captured so far. */
export async function expectedPcmOf(page: Page): Promise<Buffer> {
  return expectedPcm(
    await page.evaluate(async () => {
      const { sampleRate, parts } = captured.at(-1)!;
      return { sampleRate, samples: await base64(parts) };
    }),
  );
}

/** The same for 32-bit float samples in base64, at the rate of the device. */
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

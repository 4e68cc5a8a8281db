import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import * as entry from '../../../src/browser/index.ts';
import * as node from '../../../src/index.ts';
import { bundle } from '../../support/browser.ts';

const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;

describe('rxscribe in a browser', () => {
  it('exports what rxscribe exports in Node', () => {
    expect(Object.keys(entry).toSorted()).toEqual(Object.keys(node).toSorted());
  });

  it('is under 41.5 kB with the SDK and the recorder, minified and gzipped, without rxjs', async () => {
    const code = await bundle(`export * from 'rxscribe'`, 'rxjs');

    expect(code.includes('AudioWorkletProcessor')).toBe(true); // the recorder is included
    expect(code.includes('speaker_labels_revision_interval_ms')).toBe(true); // and so is the SDK
    expect(gzipped(code)).toBeLessThan(41_500);
  });

  it('is under 3.05 kB for the operators', async () => {
    expect(gzipped(await bundle(`export * from 'rxscribe/operators'`, 'rxjs'))).toBeLessThan(3050);
  });

  it.each([
    [`export * from 'rxscribe'`, ['assemblyai/streaming', 'decibri', 'rxjs']],
    [`export * from 'rxscribe/captions'`, ['rxjs']],
    [`export { tokenFrom } from 'rxscribe/tokens'`, []],
  ])('imports nothing of Node: %s', async (program, needed) => {
    const code = await bundle(program, 'rxjs', 'assemblyai/streaming', 'decibri');

    const imports = [...code.matchAll(/(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/g)].map(([, name]) => name);
    expect(new Set(imports)).toEqual(new Set(needed));
    expect(code.match(/\bBuffer\b|\bprocess\.|\brequire\(|\bglobal\.|\.unref\(/)?.[0]).toBeUndefined();
  });

  it.each([
    [`export { bufferBytes } from 'rxscribe/operators'`, 1000],
    [`export { frameBytes } from 'rxscribe'`, 1000],
    [`export { pcmStream } from 'rxscribe'`, 3000],
  ])('leaves out unused code: %s', async (program, bytes) => {
    expect(gzipped(await bundle(program, 'rxjs'))).toBeLessThan(bytes);
  });

  it.each([
    [`import { captionFile } from 'rxscribe/files'; captionFile('a.srt')`, 'filesNeedNode'],
    [`import { startSimulator } from 'rxscribe/simulator'; startSimulator()`, 'simulatorNeedsNode'],
    [`import { captionsServer } from 'rxscribe/page'; captionsServer()`, 'pageNeedsNode'],
    [`import { roomEvents } from 'rxscribe/rooms'; roomEvents()`, 'roomsNeedNode'],
  ])('does not bundle entries that need Node: %s', async (program, why) => {
    await expect(bundle(program)).rejects.toThrow(why);
  });

  it.each(['filesNeedNode', 'simulatorNeedsNode', 'pageNeedsNode', 'roomsNeedNode'])(
    'names the alternative when it is loaded anyway: %s',
    async (name) => {
      await expect(import(`../../../src/browser/${name}.ts`)).rejects.toThrow(
        /^rxscribe\/\w+ .*, which a page cannot( be)?: .*/,
      );
    },
  );
});

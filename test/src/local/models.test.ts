import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkHashes, findModel } from '../../../src/local/models.ts';
import { modelsDirectory } from '../../../src/local/modelsDirectory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'model-streaming-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(directory, name), Buffer.alloc(name.endsWith('.txt') ? 10 : 200_000));
}

describe('findModel', () => {
  it.each([
    ['moonshine', false, ['encoder_model.onnx', 'decoder_model_merged.onnx', 'tokens.txt']],
    [
      'transducer',
      true,
      [
        'encoder-epoch-99.onnx',
        'encoder-epoch-99.int8.onnx',
        'decoder-epoch-99.onnx',
        'joiner-epoch-99.onnx',
        'tokens.txt',
      ],
    ],
    ['whisper', false, ['tiny-encoder.onnx', 'tiny-decoder.onnx', 'tiny-tokens.txt']],
    ['zipformer2Ctc', true, ['ctc-epoch-20.onnx', 'tokens.txt']],
  ])('recognises a %s model by its files', (kind, streaming, names) => {
    put(...names);
    expect(findModel(directory)).toMatchObject({ kind, streaming });
  });

  it('prefers quantised files', () => {
    put('encoder.onnx', 'encoder.int8.onnx', 'decoder.onnx', 'joiner.onnx', 'tokens.txt');
    expect(findModel(directory).files['encoder']).toBe(join(directory, 'encoder.int8.onnx'));
  });

  it.each([
    ['no such directory', () => rmSync(directory, { recursive: true }) as undefined, /there is no such directory/],
    ['no tokens', () => put('encoder_model.onnx', 'decoder_model_merged.onnx'), /no tokens\.txt/],
    [
      'a missing decoder',
      () => put('encoder_model.onnx', 'tokens.txt'),
      /no model of a known kind.*encoder_model\.onnx/,
    ],
    [
      'a cut file',
      () => {
        put('encoder_model.onnx', 'tokens.txt');
        writeFileSync(join(directory, 'decoder_model_merged.onnx'), 'version https://git-lfs.github.com/spec/v1');
      },
      /decoder_model_merged\.onnx is incomplete: it has 42 bytes, expected/,
    ],
  ])('refuses %s, naming it', (_, prepare, message) => {
    prepare();
    expect(() => findModel(directory)).toThrow(message);
  });
});

describe('checkHashes', () => {
  it('refuses a file of the right length with other content', async () => {
    put('encoder_model.onnx', 'tokens.txt');
    writeFileSync(join(directory, 'encoder_model.onnx'), Buffer.alloc(7_937_661, 1));
    writeFileSync(join(directory, 'decoder_model_merged.onnx'), Buffer.alloc(200_000));
    await expect(checkHashes(findModel(directory))).rejects.toThrow(/encoder_model\.onnx is damaged/);
  });
});

describe('modelsDirectory', () => {
  it.each([
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/rxscribe/models'],
    ['linux', {}, '/.local/share/rxscribe/models'],
    ['darwin', {}, '/Library/Application Support/rxscribe/models'],
  ] as const)('follows the convention of %s', (platform, env, end) => {
    expect(modelsDirectory(env, platform).endsWith(end)).toBe(true);
  });
});

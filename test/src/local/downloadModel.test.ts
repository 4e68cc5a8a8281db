import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { downloadModel } from '../../../src/local/downloadModel.ts';
import { checkHashes, findModel } from '../../../src/local/models.ts';
import { speechModel } from '../../support/speechModel.ts';

describe('downloadModel, when its directory appears during the download', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'download-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is fulfilled if it contains the model, else fails and leaves it', async () => {
    const model = await speechModel();
    const [copy, other] = [join(directory, 'copy'), join(directory, 'other')];
    const outcomes = await Promise.allSettled([
      downloadModel(
        'moonshine-tiny-en',
        copy,
        once(() => cpSync(model, copy, { recursive: true })),
      ),
      downloadModel(
        'moonshine-tiny-en',
        other,
        once(() => {
          mkdirSync(other);
          writeFileSync(join(other, 'tokens.txt'), 'other');
        }),
      ),
    ]);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: undefined },
      {
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringMatching(/^moonshine-tiny-en was not downloaded: E/) }),
      },
    ]);
    await checkHashes(findModel(copy));
    expect(readdirSync(directory).toSorted()).toEqual(['copy', 'other']);
    expect(readdirSync(other)).toEqual(['tokens.txt']);
  });
});

/** Does something at the first call, which is before the first byte. */
function once(something: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) something();
    isDone = true;
  };
}

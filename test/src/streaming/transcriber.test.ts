import { describe, expect, it } from '@jest/globals';
import { loadSdk } from '../../../src/streaming/transcriber.ts';

describe('loadSdk', () => {
  it('loads the transcriber of the SDK', async () => {
    expect((await loadSdk()).name).toBe('StreamingTranscriber');
  });

  it.each([
    ['a browser that could not fetch it', new TypeError('Failed to fetch dynamically imported module')],
    ['webpack', Object.assign(new Error('Loading chunk 7 failed.'), { name: 'ChunkLoadError' })],
  ])('allows a retry after a failure of %s', async (_, cause) => {
    await expect(loadSdk(() => Promise.reject(cause))).rejects.toMatchObject({
      name: 'TranscriptionError',
      kind: 'network',
      retryable: true,
      message: `the SDK did not load: ${cause.message}`,
      cause,
    });
  });

  it('passes on that it is not installed', async () => {
    const cause = Object.assign(new Error("Cannot find package 'assemblyai'"), { code: 'ERR_MODULE_NOT_FOUND' });

    await expect(loadSdk(() => Promise.reject(cause))).rejects.toBe(cause);
  });
});

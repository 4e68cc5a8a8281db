import { describe, expect, it } from '@jest/globals';
import { CAPTION_EXTENSIONS, formatOfPath } from '../../../src/captions/captionFormats.ts';

describe('formatOfPath', () => {
  it.each([
    ['talk.srt', 'srt'],
    ['a.b/TALK.VTT', 'vtt'],
    ['talk.jsonl', 'ndjson'],
    ['talk.txt', 'text'],
    ['talk', undefined],
    ['talk.srt/file', undefined],
    ['talk.doc', undefined],
  ])('of %s is %s', (path, format) => {
    expect(formatOfPath(path)).toBe(format);
  });

  it('knows every extension', () => {
    expect(CAPTION_EXTENSIONS.map((extension) => formatOfPath(`talk${extension}`))).not.toContain(undefined);
  });
});

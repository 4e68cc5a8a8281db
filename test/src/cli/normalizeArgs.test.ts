import { describe, expect, it } from '@jest/globals';
import { normalizeArgs } from '../../../src/cli/normalizeArgs.ts';

describe('normalizeArgs', () => {
  it('keeps ordinary arguments', () => {
    const args = ['file', '-', '--speed', '2', '-o', 'a.srt', '--captions', '8080'];

    expect(normalizeArgs(args)).toEqual(args);
  });

  it('marks --captions without a port', () => {
    expect(normalizeArgs(['file', '--captions', 'talk.wav'])).toEqual(['file', '--captions=', 'talk.wav']);
  });

  it('marks --local and --fallback without a directory', () => {
    const args = ['file', '--local', 'package.json', '--fallback', '--plain', '--fallback', 'src'];

    expect(normalizeArgs(args)).toEqual([
      'file',
      '--local=',
      'package.json',
      '--fallback=',
      '--plain',
      '--fallback',
      'src',
    ]);
  });

  it('accepts - as an output', () => {
    expect(normalizeArgs(['file', 'a.wav', '-o', '-'])).toEqual(['file', 'a.wav', '--output=-']);
  });

  it('takes everything after -- as paths', () => {
    expect(normalizeArgs(['file', '--', '-x.wav'])).toEqual(['file', './-x.wav']);
    expect(normalizeArgs(['file', '--', '-'])).toEqual(['file', '-']);
  });
});

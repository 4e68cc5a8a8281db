import { describe, expect, it } from '@jest/globals';
import { normalizeArgs } from '../../../src/cli/normalizeArgs.ts';

describe('normalizeArgs', () => {
  it('keeps ordinary arguments', () => {
    const args = ['file', '-', '--speed', '2', '-o', 'a.srt', '--captions', '8080'];

    expect(normalizeArgs(args)).toEqual(args);
  });

  it.each(['--captions', '--follow'])('marks %s without a number', (flag) => {
    expect(normalizeArgs(['file', flag, 'talk.wav'])).toEqual(['file', `${flag}=`, 'talk.wav']);
    expect(normalizeArgs(['file', flag, '80', 'talk.wav'])).toEqual(['file', flag, '80', 'talk.wav']);
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

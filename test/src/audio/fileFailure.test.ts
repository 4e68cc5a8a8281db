import { describe, it, expect } from '@jest/globals';
import { TranscriptionError } from '../../../src/errors.ts';
import { fileFailure } from '../../../src/audio/fileFailure.ts';

describe('fileFailure', () => {
  it.each([
    ['EACCES', 'cannot read "a.wav": this user may not read it, check its permissions'],
    ['EPERM', 'cannot read "a.wav": this user may not read it, check its permissions'],
    ['EMFILE', 'cannot read "a.wav": too many files are open, close some'],
    ['EIO', 'cannot read "a.wav": EIO: as the system says it'],
  ])('says what %s means, and keeps it as the cause', (code, message) => {
    const cause = Object.assign(new Error(`${code}: as the system says it`), { code });
    expect(fileFailure('a.wav', cause)).toMatchObject({ kind: 'file', retryable: false, message, cause });
  });

  it('adds the path to our own errors, and keeps their cause if they have one', () => {
    const cause = new Error('no addon');
    expect(fileFailure('a.wav', new TranscriptionError('file', 'it is empty')).cause).toBeUndefined();
    expect(fileFailure('a.wav', new TranscriptionError('file', 'not loaded', { cause }))).toMatchObject({
      message: 'cannot read "a.wav": not loaded',
      cause,
    });
  });
});

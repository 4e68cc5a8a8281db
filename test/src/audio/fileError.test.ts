import { describe, it, expect } from '@jest/globals';
import { TranscriptionError } from '../../../src/errors.ts';
import { fileError } from '../../../src/audio/fileError.ts';

describe('fileError', () => {
  it.each([
    ['EACCES', 'cannot read "a.wav": this user is not allowed to read it, check its permissions'],
    ['EPERM', 'cannot read "a.wav": this user is not allowed to read it, check its permissions'],
    ['EMFILE', 'cannot read "a.wav": too many files are open, close some'],
    ['EIO', 'cannot read "a.wav": EIO: as the system reports it'],
  ])('explains %s, and keeps it as the cause', (code, message) => {
    const cause = Object.assign(new Error(`${code}: as the system reports it`), { code });
    expect(fileError('a.wav', cause)).toMatchObject({ kind: 'file', retryable: false, message, cause });
  });

  it('adds the path to a TranscriptionError, and keeps its cause if it has one', () => {
    const cause = new Error('no addon');
    expect(fileError('a.wav', new TranscriptionError('file', 'it is empty')).cause).toBeUndefined();
    expect(fileError('a.wav', new TranscriptionError('file', 'not loaded', { cause }))).toMatchObject({
      message: 'cannot read "a.wav": not loaded',
      cause,
    });
  });
});

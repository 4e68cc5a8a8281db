import { TranscriptionError } from '../errors.ts';

/** What happened and what to do about it, by the code of Node's error. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already, choose another name or have it overwritten with force',
  ENOENT: 'its folder does not exist, or the file was removed',
  ENOTDIR: 'its folder is no folder, check the path',
  EISDIR: 'it is a folder, check the path',
  EACCES: 'this user may not write there, check the permissions',
  EPERM: 'this user may not write there, check the permissions',
  EROFS: 'nothing can be written there, choose another folder',
  ENOSPC: 'the disk is full, free some space',
  EDQUOT: 'the disk is full for this user, free some space',
  EFBIG: 'no larger file is allowed there',
  EMFILE: 'too many files are open, close some',
};

/** Turns what went wrong with a file being written into our error, with the path in its message and the rest as cause. */
export function writeFailure(path: string, cause: unknown): TranscriptionError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? message.replaceAll(/\s+/g, ' ');
  return new TranscriptionError('file', `cannot write ${JSON.stringify(path)}: ${reason}`, { cause });
}

/** What a file that cannot keep up ends with. */
export function tooSlow(bytes: number): Error {
  return new Error(`the disk does not keep up, ${Math.round(bytes / 2 ** 20)} MiB are waiting`);
}

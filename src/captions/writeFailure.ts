import { TranscriptionError } from '../errors.ts';

/** What happened and what to do, by the code of the system error. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already, choose another name or overwrite it with force',
  ENOENT: 'its folder does not exist, or the file was removed',
  ENOTDIR: 'a parent of it is a file, check the path',
  EISDIR: 'it is a folder, check the path',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only, choose another folder',
  ENOSPC: 'the disk is full, free some space',
  EDQUOT: 'the disk is full for this user, free some space',
  EFBIG: 'the file system allows no larger file',
  EINVAL: 'it is not a regular file',
  ESPIPE: 'it is a pipe, and the header of a recording must be updated: choose a regular file',
  EPIPE: 'nothing reads from it any more',
  EMFILE: 'too many files are open, close some',
};

/** Makes a `TranscriptionError` with the path and reason from a system error. */
export function writeFailure(path: string, cause: unknown): TranscriptionError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? message.replaceAll(/\s+/g, ' ');
  return new TranscriptionError('file', `cannot write ${JSON.stringify(path)}: ${reason}`, { cause });
}

/** The error of a file whose disk is too slow. */
export function diskTooSlow(bytes: number): Error {
  return new Error(`the disk is too slow, ${Math.round(bytes / 2 ** 20)} MiB are waiting`);
}

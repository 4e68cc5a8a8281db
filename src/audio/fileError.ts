import { TranscriptionError } from '../errors.ts';
import { errorDetails } from './errorDetails.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';

/** What happened and what to do, by the code of Node's error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  ENOTDIR: 'there is no such file, check the path',
  EACCES: 'this user is not allowed to read it, check its permissions',
  EPERM: 'this user is not allowed to read it, check its permissions',
  EMFILE: 'too many files are open, close some',
};

/** The ffmpeg command that converts a recording to a format that is read everywhere. */
export function convertCommand(path: string): string {
  const target = path.replace(/^.*[/\\]/, '').replace(/(?:\.[^.]*)?$/, '-16k.wav');
  return `ffmpeg -i ${shellWord(path)} -ac 1 -ar 16000 ${shellWord(target)}`;
}

/** Turns any error about a recording into a `TranscriptionError` with the path in its message and the error as its cause. */
export function fileError(path: string, error: unknown): TranscriptionError {
  const { code, message } = errorDetails(error);
  const text = error instanceof UnsupportedFormat ? `${message}; convert it with: ${convertCommand(path)}` : message;
  return new TranscriptionError(
    'file',
    `cannot read ${JSON.stringify(path)}: ${REASONS[code] ?? text}`,
    causeOf(error),
  );
}

/** A `TranscriptionError` is replaced, so its own cause is kept. */
function causeOf(error: unknown): { cause?: unknown } {
  if (error instanceof TranscriptionError) {
    return error.cause === undefined ? {} : { cause: error.cause };
  }
  return { cause: error };
}

/** Quotes a path for a POSIX shell, so that the command can be pasted; a leading dash would be an option. */
function shellWord(path: string): string {
  const safe = path.startsWith('-') ? `./${path}` : path;
  if (/^[\w./:@%+,-]+$/.test(safe)) return safe;
  return /[\p{Cc}]/u.test(safe) ? 'FILE' : `'${safe.replaceAll("'", String.raw`'\''`)}'`;
}

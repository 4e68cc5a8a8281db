import { TranscriptionError } from '../errors.ts';
import { errorDetails } from './errorDetails.ts';

/** The advice for a recording that cannot be read. */
export const CONVERT_COMMAND = 'convert it with: ffmpeg -i <file> -ac 1 -ar 16000 -c:a pcm_s16le <name>.wav';

/** What happened and what to do, by the code of the error of Node or decibri. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  ENOTDIR: 'there is no such file, check the path',
  EACCES: 'this user is not allowed to read it, check its permissions',
  EPERM: 'this user is not allowed to read it, check its permissions',
  EMFILE: 'too many files are open, close some',
  AUDIO_FILE_TRUNCATED: 'it holds less audio than its header says; record it again or',
  AUDIO_FORMAT_UNSUPPORTED: 'only WAV, AIFF and FLAC are read;',
  AUDIO_FILE_MALFORMED: 'its header is invalid; record it again or',
};

/** Turns any error about a recording into a `TranscriptionError` with the path in its message and the error as its cause. */
export function fileError(path: string, error: unknown): TranscriptionError {
  const { code, message } = errorDetails(error);
  const reason = REASONS[code];
  const text = code.startsWith('AUDIO_') ? `${reason ?? ''} ${CONVERT_COMMAND} (${message})` : (reason ?? message);
  return new TranscriptionError('file', `cannot read ${JSON.stringify(path)}: ${text}`, causeOf(error));
}

/** A `TranscriptionError` is replaced, so its own cause is kept. */
function causeOf(error: unknown): { cause?: unknown } {
  if (error instanceof TranscriptionError) {
    return error.cause === undefined ? {} : { cause: error.cause };
  }
  return { cause: error };
}

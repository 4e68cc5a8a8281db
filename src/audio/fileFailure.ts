import { TranscriptionError } from '../errors.ts';
import { describe } from './describe.ts';

/** What to do with a recording that can not be read here. */
export const CONVERT = 'convert it with: ffmpeg -i <file> -ac 1 -ar 16000 -c:a pcm_s16le <name>.wav';

/** What happened and what to do about it, by the code of Node's error or decibri's. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  ENOTDIR: 'there is no such file, check the path',
  EACCES: 'this user may not read it, check its permissions',
  EPERM: 'this user may not read it, check its permissions',
  EMFILE: 'too many files are open, close some',
  AUDIO_FILE_TRUNCATED: 'it holds less audio than its header says; record it again or',
  AUDIO_FORMAT_UNSUPPORTED: 'only WAV, AIFF and FLAC are read;',
  AUDIO_FILE_MALFORMED: 'its header makes no sense; record it again or',
};

/** Turns what went wrong with a recording into our error, with the path in its message and the rest as the cause. */
export function fileFailure(path: string, error: unknown): TranscriptionError {
  const { code, message } = describe(error);
  const reason = REASONS[code];
  const text = code.startsWith('AUDIO_') ? `${reason ?? ''} ${CONVERT} (${message})` : (reason ?? message);
  return new TranscriptionError('file', `cannot read ${JSON.stringify(path)}: ${text}`, causeOf(error));
}

/** What we found out ourselves has no cause but the one it carries. */
function causeOf(error: unknown): { cause?: unknown } {
  if (error instanceof TranscriptionError) {
    return error.cause === undefined ? {} : { cause: error.cause };
  }
  return { cause: error };
}

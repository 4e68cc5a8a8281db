import type { File, Microphone } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { errorDetails } from './errorDetails.ts';

/** The part of decibri that the sources use. */
export interface Decibri {
  readonly File: typeof File;
  readonly Microphone: typeof Microphone;
}

/** The platforms with a native addon, as `platform-arch`. */
const PLATFORMS = new Set(['darwin-arm64', 'linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64']);

/**
 * Loads decibri and its native addon. Nothing else does, so the addon is needed only for a microphone, or to convert a
 * recording.
 *
 * Rejects with a `TranscriptionError` of the given kind that names what is missing and how to install it.
 */
export async function loadDecibri(kind: ErrorKind): Promise<Decibri> {
  try {
    return await import('decibri');
  } catch (error) {
    throw addonFailure(kind, error);
  }
}

/** The error for an addon that did not load; its message, one line, gives the reason and what to do. */
export function addonFailure(
  kind: ErrorKind,
  cause: unknown,
  platform = `${process.platform}-${process.arch}`,
): TranscriptionError {
  const reasons = messages(cause);
  return new TranscriptionError(kind, `the audio addon did not load: ${diagnosis(reasons, platform)}`, { cause });
}

function diagnosis(reasons: string, platform: string): string {
  if (reasons.includes('libasound.so.2')) {
    return 'libasound.so.2 is missing, install it with: sudo apt-get install libasound2 (Debian 13, Ubuntu 24.04 and later: libasound2t64)';
  }
  if (reasons.includes('musl') || !PLATFORMS.has(platform)) {
    const name = reasons.includes('musl') ? `${platform} with musl` : platform;
    return `decibri has none for ${name}; record with another program and pipe raw PCM into pcmStream(process.stdin)`;
  }
  return `it is missing or damaged for ${platform}, reinstall with optional dependencies: npm install --include=optional`;
}

/** The messages of an error and of its causes, as one text to search in. */
function messages(error: unknown): string {
  const { message } = errorDetails(error);
  return isObject(error) && 'cause' in error ? `${message} ${messages(error.cause)}` : message;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

import type { File, Microphone } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { describe } from './describe.ts';

/** The part of decibri that the sources use. */
export interface Decibri {
  readonly File: typeof File;
  readonly Microphone: typeof Microphone;
}

/** Where decibri has a native addon, as `platform-arch`. */
const PLATFORMS = new Set(['darwin-arm64', 'linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64']);

/**
 * Loads decibri, and with it its native addon. Nothing else in this library does, so that whoever uses neither a
 * microphone nor a recording in need of conversion needs no addon.
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

/** Says in one line why decibri's native addon did not load. `platform` is `process.platform-process.arch`. */
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
    return `decibri has none for ${name}, record with another program and pipe raw PCM in, as pcmStream(process.stdin) does`;
  }
  return `it is missing or damaged for ${platform}, reinstall with optional dependencies: npm install --include=optional`;
}

/** The messages of an error and of what caused it, as one text to search in. */
function messages(error: unknown): string {
  const { message } = describe(error);
  return isObject(error) && 'cause' in error ? `${message} ${messages(error.cause)}` : message;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

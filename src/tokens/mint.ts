import { TranscriptionError } from '../errors.ts';
import { describeValue } from '../optionRules.ts';
import type { TokenSettings } from './options.ts';
import { within } from './within.ts';

/** How much of what others say is passed on, in characters. */
const SAID = 300;

/**
 * Makes a temporary token, with the official SDK.
 *
 * @throws {TranscriptionError} in one line, without the key and without a cause: that might hold it.
 */
export async function mint(key: string, settings: TokenSettings): Promise<string> {
  try {
    return await within(settings.timeout, ask(key, settings));
  } catch (error) {
    throw verdict(error, oneLine(error).replaceAll(key, '[key]').slice(0, SAID));
  }
}

async function ask(key: string, settings: TokenSettings): Promise<string> {
  const { AssemblyAI } = await import('assemblyai'); // unlike its entry for streaming it has a build for each runtime
  const client = new AssemblyAI({ apiKey: key, streamingBaseUrl: settings.streamingBaseUrl });
  const { expiresInSeconds, maxSessionDurationSeconds } = settings;
  const token: unknown = await client.streaming.createTemporaryToken({
    expires_in_seconds: expiresInSeconds,
    ...(maxSessionDurationSeconds !== undefined && { max_session_duration_seconds: maxSessionDurationSeconds }),
  });
  if (typeof token !== 'string' || token === '') throw new Error('it answered without a token');
  return token;
}

function verdict(error: unknown, said: string): TranscriptionError {
  const { name } = Object(error) as Partial<Error>;
  if (name === 'TypeError' || name === 'TimeoutError') {
    const message = `no token: the service cannot be reached: ${said}; check the network and the address`;
    return new TranscriptionError('network', message, { retryable: true });
  }
  if (/\bkey\b|authori[sz]|credential|forbidden/i.test(said)) {
    return new TranscriptionError('unauthorized', `no token: the service refused the key: ${said}; check the API key`);
  }
  return new TranscriptionError('service', `no token: the service refused: ${said}`, { retryable: true });
}

/** What an error says and, where `fetch` says only that it failed, what is underneath. */
export function oneLine(error: unknown): string {
  const { message, cause } = Object(error) as Partial<Error>;
  if (typeof message !== 'string') return describeValue(error);
  const under = Object(cause) as Partial<NodeJS.ErrnoException>;
  const why = under.message || under.code; // of several addresses that were tried there is only the code
  return `${message}${typeof why === 'string' ? ` (${why})` : ''}`.replaceAll(/\s+/g, ' ').trim();
}

import { TranscriptionError } from '../errors.ts';
import { errorText } from './errorText.ts';
import type { TokenSettings } from './options.ts';
import { withTimeout } from './withTimeout.ts';

/** How much of the service's error text is passed on, in characters. */
const MAX_REASON = 300;

/**
 * Creates a temporary token with the official SDK.
 *
 * @throws {TranscriptionError} in one line, without the key, and without a cause because that might contain the key.
 */
export async function createToken(key: string, settings: TokenSettings): Promise<string> {
  try {
    return await withTimeout(settings.timeout, requestToken(key, settings));
  } catch (error) {
    throw tokenFailure(error, errorText(error).replaceAll(key, '[key]').slice(0, MAX_REASON));
  }
}

async function requestToken(key: string, settings: TokenSettings): Promise<string> {
  const { AssemblyAI } = await import('assemblyai'); // unlike assemblyai/streaming, this entry has a build for each runtime
  const client = new AssemblyAI({ apiKey: key, streamingBaseUrl: settings.streamingBaseUrl });
  await useProxy(client.streaming, key, settings);
  const { expiresInSeconds, maxSessionDurationSeconds } = settings;
  const token: unknown = await client.streaming.createTemporaryToken({
    expires_in_seconds: expiresInSeconds,
    ...(maxSessionDurationSeconds !== undefined && { max_session_duration_seconds: maxSessionDurationSeconds }),
  });
  if (typeof token !== 'string' || token === '') throw new Error('its response has no token');
  return token;
}

/** Makes the SDK (4.41.5) send its request through the agent or proxy, if there is one; it has no option for that. */
async function useProxy(sdk: object, key: string, { agent, streamingBaseUrl }: TokenSettings): Promise<void> {
  const environment = globalThis.process?.env ?? {}; // some fetch runtimes have none
  if (!agent && !Object.keys(environment).some((name) => /_proxy$/i.test(name))) return;
  const { proxyFor } = await import('../streaming/proxy.ts');
  const proxy = proxyFor(streamingBaseUrl, agent);
  if (!proxy) return;
  const { fetchThrough } = await import('./fetchThrough.ts');
  const headers = { Authorization: key };
  Reflect.set(sdk, 'fetchResponse', (path: string) => fetchThrough(proxy, `${streamingBaseUrl}${path}`, headers));
}

function tokenFailure(error: unknown, reason: string): TranscriptionError {
  const { name } = Object(error) as Partial<Error>;
  if (name === 'TypeError' || name === 'TimeoutError') {
    const message = `no token: the service cannot be reached: ${reason}; check the network and the address`;
    return new TranscriptionError('network', message, { retryable: true });
  }
  if (/\bkey\b|authori[sz]|credential|forbidden/i.test(reason)) {
    return new TranscriptionError(
      'unauthorized',
      `no token: the service refused the key: ${reason}; check the API key`,
    );
  }
  return new TranscriptionError('service', `no token: the service refused: ${reason}`, { retryable: true });
}

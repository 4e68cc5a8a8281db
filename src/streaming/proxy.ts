import type { StreamingTranscriber } from 'assemblyai/streaming';
import type { Agent, ClientRequest } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
// @ts-expect-error -- the package has no types
import { getProxyForUrl } from 'proxy-from-env';
import { WebSocket } from 'ws';
import { TranscriptionError } from '../errors.ts';
import type { Credential } from './credential.ts';
import type { ConnectionAgent } from './options.ts';

/** An agent, and how errors name what it connects through. */
export interface Proxy {
  readonly agent: Agent;
  readonly name: string;
}

/** Where the SDK connects without `websocketBaseUrl`. */
const DEFAULT_ADDRESS = 'https://streaming.assemblyai.com';

/** What is used of the SDK's transcriber (4.41.5), which has no option for an agent. */
interface Internals {
  socket: WebSocket | undefined;
  readonly listeners: {
    readonly open?: (begin: unknown) => void;
    readonly close?: (code: number, reason: string) => void;
    readonly error?: (error: Error) => void;
  };
  connectOnce: () => Promise<unknown>;
  connectionUrl(): URL;
  discardPendingSocket(): void;
  resolveSessionTermination(): void;
}

/** The agent that was given, or one for the proxy that the environment names for this address. */
export function proxyFor(address: string = DEFAULT_ADDRESS, agent?: ConnectionAgent): Proxy | undefined {
  if (agent) return { agent: agent as Agent, name: 'the agent' };
  const proxy = (getProxyForUrl as (url: string) => string)(address.replace(/^wss:/, 'https:'));
  if (proxy === '') return undefined;
  const { protocol = '', host = '' } = URL.canParse(proxy) ? new URL(proxy) : {};
  if (!/^https?:$/.test(protocol)) {
    throw new TranscriptionError('invalid-input', 'HTTPS_PROXY or ALL_PROXY is not an http:// or https:// address');
  }
  return { agent: new HttpsProxyAgent(proxy), name: `the proxy ${protocol}//${host}` }; // without its password
}

/**
 * Makes a transcriber connect through a proxy. It replaces the SDK's attempt to connect, and behaves the same: it resolves
 * with `Begin`, rejects with what came instead, and leaves the socket to the SDK.
 */
export function connectThrough(
  transcriber: StreamingTranscriber,
  credential: Credential,
  { agent, name }: Proxy,
  connectTimeout: number,
): void {
  const sdk = transcriber as unknown as Internals;
  sdk.connectOnce = () =>
    new Promise((resolve, reject) => {
      let proxyStatus = 200;
      const finishRequest = (request: ClientRequest): void => {
        request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => (proxyStatus = statusCode));
        request.end();
      };
      const headers = 'apiKey' in credential ? { headers: { Authorization: credential.apiKey } } : {};
      const socket = new WebSocket(sdk.connectionUrl(), { ...headers, agent, finishRequest });
      sdk.socket = socket;
      socket.binaryType = 'arraybuffer';
      let settled = false;
      const fail = (error: Error): void => {
        settled = true;
        clearTimeout(timer);
        sdk.discardPendingSocket();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new Error(`no Begin through ${name} within ${connectTimeout} ms`)),
        connectTimeout,
      );
      // oxlint-disable unicorn/prefer-add-event-listener -- session replaces onmessage, as it does the SDK's
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data as string) as { readonly type: string };
        if (message.type === 'Termination') sdk.resolveSessionTermination();
        if (message.type !== 'Begin' || settled) return;
        settled = true;
        clearTimeout(timer);
        resolve(message);
        sdk.listeners.open?.(message);
      };
      socket.onerror = ({ error }: { error: Error }) => {
        if (settled) sdk.listeners.error?.(error);
        else fail(proxyStatus === 200 ? named(error, name) : refused(name, proxyStatus));
      };
      socket.onclose = ({ code, reason }) => {
        if (!settled) return fail(Object.assign(new Error(reason), { code }));
        sdk.resolveSessionTermination();
        sdk.listeners.close?.(code, reason);
      };
      // oxlint-enable unicorn/prefer-add-event-listener
    });
}

function refused(name: string, status: number): Error {
  const advice = status === 407 ? '; add a user name and a password to its address' : '';
  return new Error(`${name} answered HTTP ${status}${advice}`);
}

/** An error of the connection that names the proxy; an answer of the service and a certificate problem stay as they are. */
function named(error: Error & { code?: unknown }, name: string): Error {
  const isFromProxy = typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code) && !error.code.startsWith('ERR_');
  if (!isFromProxy) return error;
  const reason = error.message || error.code;
  return new Error(`the service cannot be reached through ${name}: ${String(reason)}`, { cause: error });
}

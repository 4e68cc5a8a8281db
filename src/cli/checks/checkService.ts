import type { Agent, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { proxyFor } from '../../streaming/proxy.ts';
import type { Finding } from './finding.ts';
import { UsageError } from '../usageError.ts';

/** How long to wait for the service, in milliseconds. */
const TIMEOUT_MS = 5000;
/** How far off the clock may be, in milliseconds; certificates and tokens tolerate more than this. */
const TOLERANCE_MS = 60_000;

/** What to do if the service cannot be reached, by error code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'check the name and the connection to the network',
  EAI_AGAIN: 'check the connection to the network and its name server',
  ECONNREFUSED: 'nothing listens there; check the address and the port',
  ECONNRESET: 'a firewall or proxy may close connections; allow port 443 to this host',
  ENETUNREACH: 'check the connection to the network',
  EHOSTUNREACH: 'check the connection to the network',
  ETIMEDOUT: 'a firewall may drop connections; allow port 443 to this host',
  CERT_HAS_EXPIRED: 'check the clock of this machine',
  CERT_NOT_YET_VALID: 'check the clock of this machine',
};
const UNTRUSTED =
  'set NODE_EXTRA_CA_CERTS to the PEM file of its authority: that of rxscribe serve or of an intercepting proxy';

/**
 * Checks that the service is reachable over TLS with a valid certificate, and that the clock agrees with its response, if
 * any. Sends one HEAD request, through the proxy that the environment names: no session is opened, and no key is sent.
 */
export async function checkService(
  url: string | undefined,
  region: string | undefined,
  report: (finding: Finding) => void,
): Promise<void> {
  const target = addressOf(url, region);
  const proxy = proxyFor(target.href);
  const way = proxy ? ` through ${proxy.name}` : '';
  const { error, date } = await connect(target, proxy?.agent);
  if (error) {
    const advice = /CERT|SIGNATURE|ISSUER/.test(error.code ?? '') ? UNTRUSTED : 'check the address and the network';
    const found = `${target.host} cannot be reached${way}: ${error.code ?? error.message}`;
    report({ check: 'service', ok: false, found, advice: ADVICE[error.code ?? ''] ?? advice });
    return;
  }
  report({ check: 'service', ok: true, found: `${target.host} is reachable${way}, its certificate is valid` });
  const offMs = date === undefined ? Number.NaN : Date.now() - Date.parse(date);
  if (!Number.isNaN(offMs)) report(checkClock(offMs));
}

/** Checks how far the clock is off, in milliseconds; negative if it is behind. */
export function checkClock(offMs: number): Finding {
  const ok = Math.abs(offMs) <= TOLERANCE_MS;
  const seconds = Math.round(Math.abs(offMs) / 1000);
  const found = ok ? 'agrees with the service' : `${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} the service`;
  return { check: 'clock', ok, found, ...(!ok && { advice: 'set the clock of this machine' }) };
}

function addressOf(url: string | undefined, region: string | undefined): URL {
  if (url !== undefined && region !== undefined) throw new UsageError('give --region or --url, not both');
  const address = url ?? `wss://streaming.${region === undefined ? '' : `${region}.`}assemblyai.com`;
  if (!URL.canParse(address) || new URL(address).protocol !== 'wss:') {
    throw new UsageError(`--url must be a wss:// address, not ${JSON.stringify(address)}`);
  }
  return new URL(address);
}

interface Answer {
  readonly error?: NodeJS.ErrnoException;
  readonly date?: string | undefined;
}

/** Never rejects. A host that completes the TLS handshake but sends no response counts as reachable. */
function connect({ hostname, port }: URL, agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve) => {
    let secure = false;
    const head = request({ hostname, port: port || 443, method: 'HEAD', path: '/', agent });
    const timer = setTimeout(() => {
      head.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, TIMEOUT_MS);
    const answer = (found: Answer): void => {
      clearTimeout(timer);
      resolve(found);
      head.destroy();
    };
    head.once('proxyConnect', ({ statusCode }: IncomingMessage) => {
      if (statusCode !== 200) answer({ error: new Error(`the proxy answered HTTP ${statusCode}`) });
    });
    head.once('socket', (socket) => socket.once('secureConnect', () => (secure = true)));
    head.once('response', ({ headers }) => answer({ date: headers.date }));
    head.on('error', (error: NodeJS.ErrnoException) => answer(secure ? {} : { error }));
    head.end();
  });
}

import { request } from 'node:https';
import type { Finding } from './runChecks.ts';
import { UsageError } from '../usage.ts';

/** How long the service may take to be reached, in milliseconds. */
const PATIENCE_MS = 5000;
/** How far a clock may be off, in milliseconds; certificates and tokens take more than the second of the header. */
const TOLERANCE_MS = 60_000;

/** What to do when the service can not be reached, by the code of the error. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'check the name and the connection to the network',
  EAI_AGAIN: 'check the connection to the network and its name server',
  ECONNREFUSED: 'nothing listens there, check the address and the port',
  ECONNRESET: 'a firewall or a proxy may close connections, allow port 443 to this host',
  ENETUNREACH: 'check the connection to the network',
  EHOSTUNREACH: 'check the connection to the network',
  ETIMEDOUT: 'a firewall may swallow connections, allow port 443 to this host',
  CERT_HAS_EXPIRED: 'check the clock of this machine',
  CERT_NOT_YET_VALID: 'check the clock of this machine',
};
const UNTRUSTED =
  'set NODE_EXTRA_CA_CERTS to the PEM file of its authority: of rxscribe serve, or of a proxy that opens TLS';

/**
 * Checks that the service can be reached over TLS, its certificate verified, and that the clock agrees with the answer, if
 * there is one. What is asked is the head of a page: no session is opened, and no key is sent.
 */
export async function examineService(
  url: string | undefined,
  region: string | undefined,
  tell: (finding: Finding) => void,
): Promise<void> {
  const target = addressOf(url, region);
  const { error, date } = await knock(target);
  if (error) {
    const advice = /CERT|SIGNATURE|ISSUER/.test(error.code ?? '') ? UNTRUSTED : 'check the address and the network';
    const found = `${target.host} is out of reach, ${error.code ?? error.message}`;
    tell({ check: 'service', ok: false, found, advice: ADVICE[error.code ?? ''] ?? advice });
    return;
  }
  tell({ check: 'service', ok: true, found: `${target.host} answers, its certificate is good` });
  const offMs = date === undefined ? Number.NaN : Date.now() - Date.parse(date);
  if (!Number.isNaN(offMs)) tell(clock(offMs));
}

/** Whether a clock that is off by so many milliseconds, behind where negative, will do. */
export function clock(offMs: number): Finding {
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

/** Resolves, whatever happens and in time: a host that takes TLS but does not answer has been reached, too. */
function knock({ hostname, port }: URL): Promise<Answer> {
  return new Promise((resolve) => {
    let secure = false;
    const asked = request({ hostname, port: port || 443, method: 'HEAD', path: '/', agent: false });
    const late = setTimeout(() => {
      asked.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, PATIENCE_MS);
    const answer = (found: Answer): void => {
      clearTimeout(late);
      resolve(found);
      asked.destroy();
    };
    asked.once('socket', (socket) => socket.once('secureConnect', () => (secure = true)));
    asked.once('response', ({ headers }) => answer({ date: headers.date }));
    asked.on('error', (error: NodeJS.ErrnoException) => answer(secure ? {} : { error }));
    asked.end();
  });
}

/** The parts of a request that show which page sent it. */
export interface RequestSource {
  /** Returns a header by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The host of the request with its port. */
  readonly host: string;
  /** Whether the request came over plain HTTP to a loopback address; `undefined` if the server does not show it. */
  readonly isPlainLoopback?: boolean | undefined;
}

/**
 * Whether the request may be the result of DNS rebinding: a page of a foreign site whose name was pointed to this machine,
 * and whose requests therefore look like requests of the same origin.
 *
 * Only plain HTTP on loopback is exposed to it: elsewhere the site could send the request itself, and TLS would fail. A
 * host that is `localhost` or an IP address cannot be rebound.
 */
export function mayBeRebound({ host, isPlainLoopback = false }: RequestSource): boolean {
  const name = host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
  return isPlainLoopback && !/^(?:(?:.+\.)?localhost|\d+(?:\.\d+){3}|\[.*\])$/.test(name);
}

/**
 * Decides whether the page that sent a request may have a token.
 *
 * Without a list, only pages of the same origin may. `Sec-Fetch-Site` shows that: pages cannot change it and proxies keep
 * it. Browsers omit it for insecure pages; then `Origin` must name the host. Every browser sends one of the two with a POST,
 * so a request without both is refused.
 *
 * @param origins The allowed origins; `undefined` means the same origin only.
 */
export function isAllowedOrigin({ header, host }: RequestSource, origins: ReadonlySet<string> | undefined): boolean {
  const origin = header('origin');
  if (origins) return origin !== undefined && origins.has(origin);
  const site = header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && URL.canParse(origin) && host !== '' && new URL(origin).host === host.toLowerCase();
}

/** The response headers that let a page of a listed origin read the response; caches learn that it depends on the origin. */
export function corsHeaders(
  { header }: RequestSource,
  origins: ReadonlySet<string> | undefined,
): Record<string, string> {
  if (!origins) return {};
  const origin = header('origin');
  if (origin === undefined || !origins.has(origin)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true', // the app's login may be a cookie
    'access-control-expose-headers': 'retry-after',
  };
}

/** The response headers of a preflight: the method, and the headers that the app's login may need. */
export function preflightHeaders({ header }: RequestSource): Record<string, string> {
  const headers = header('access-control-request-headers') ?? '';
  const areNames = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/.test(headers);
  return { 'access-control-allow-methods': 'POST', ...(areNames && { 'access-control-allow-headers': headers }) };
}

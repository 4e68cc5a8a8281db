/** What a request tells of the page that it comes from. */
export interface Sender {
  /** A header, by its name in small letters. */
  readonly header: (name: string) => string | undefined;
  /** The host that was asked, with its port. */
  readonly host: string;
}

/**
 * Tells whether a request comes from a page that may ask.
 *
 * Without a list that is a page of the address that was asked. `Sec-Fetch-Site` says so, which no page can change and which
 * stays true behind proxies; browsers leave it out where the page is not secure, and then `Origin` must name the host.
 * Every browser sends one or the other with a POST: a request with neither is of no page, and is refused.
 *
 * @param origins The list; `undefined` for none.
 */
export function mayAsk({ header, host }: Sender, origins: ReadonlySet<string> | undefined): boolean {
  const origin = header('origin');
  if (origins) return origin !== undefined && origins.has(origin);
  const site = header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && URL.canParse(origin) && host !== '' && new URL(origin).host === host.toLowerCase();
}

/** The headers by which a browser lets a page of a listed origin read the answer. */
export function sharedWith({ header }: Sender, origins: ReadonlySet<string> | undefined): Record<string, string> {
  const origin = header('origin');
  if (origin === undefined || !origins?.has(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true', // the app's login may be a cookie
    'access-control-expose-headers': 'retry-after',
  };
}

/** The headers that answer the question a browser asks before the request itself: method, and headers of the app's login. */
export function preflight({ header }: Sender): Record<string, string> {
  const headers = header('access-control-request-headers') ?? '';
  const areNames = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/.test(headers);
  return { 'access-control-allow-methods': 'POST', ...(areNames && { 'access-control-allow-headers': headers }) };
}

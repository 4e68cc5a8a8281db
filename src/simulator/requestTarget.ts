import type { IncomingMessage } from 'node:http';

/** Path and query of a request. */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Splits the target of a request. Any target can be split, whereas `new URL` throws for a path such as `//`. */
export function parseTarget({ url = '/' }: IncomingMessage): RequestTarget {
  const [path = '', ...query] = url.split('?');
  return { path, query: new URLSearchParams(query.join('?')) };
}

import type { IncomingMessage } from 'node:http';

/** What a request asks for; whatever it is, it can be read: `new URL` would throw for a path such as `//`. */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

export function targetOf({ url = '/' }: IncomingMessage): Target {
  const [path = '', ...query] = url.split('?');
  return { path, query: new URLSearchParams(query.join('?')) };
}

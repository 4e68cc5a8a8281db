/**
 * What the token handler uses of an `IncomingMessage` of `node:http`, typed so that pages need no types of Node. Give a hook
 * the type of your server's request to use more of it: `allow: (request: IncomingMessage) => …`.
 */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly complete: boolean;
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly cookie?: string | undefined;
    readonly host?: string | undefined;
    readonly [name: string]: string | string[] | undefined;
  };
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly localAddress?: string | undefined;
    readonly encrypted?: boolean;
  };
}

/** What the token handler uses of a `ServerResponse` of `node:http`. */
export interface NodeResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: Readonly<Record<string, string>>): { end(body: string): unknown };
}

export { tokenFrom } from './tokenFrom.ts';
export { tokenHandler } from './tokenHandler.ts';
export type { TokenHandler } from './tokenHandler.ts';
export type { NodeRequest, NodeResponse } from './nodeHttp.ts';
export type { TokenHandlerOptions, TokenRequest } from './options.ts';

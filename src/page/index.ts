export { captionsServer } from './captionsServer.ts';
export type { CaptionsServer } from './captionsServer.ts';
export type { CaptionsServerOptions } from './options.ts';

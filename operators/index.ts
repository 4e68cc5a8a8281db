export { bufferBytes } from './bufferBytes.ts';
export type { BufferBytesOptions } from './bufferBytes.ts';
export { finals, partials, turns } from './turns.ts';
export { transcript } from './transcript.ts';
export type { Transcript } from './transcript.ts';
export type * from './events.ts';

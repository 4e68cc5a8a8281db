export { bufferBytes } from './bufferBytes.ts';
export type { BufferBytesOptions } from './bufferBytesOptions.ts';
export { finals, partials, turns } from './turns.ts';
export { transcript } from './transcript.ts';
export type { Transcript } from './reduceTranscript.ts';
export type * from './events.ts';

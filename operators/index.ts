export { bufferBytes } from './bufferBytes.ts';
export type { BufferBytesOptions } from './bufferBytesOptions.ts';
export { mergeSpeakers } from './mergeSpeakers.ts';
export { finals, partials, turns } from './turns.ts';
export { transcript } from './transcript.ts';
export type { Transcript } from './reduceTranscript.ts';
export type * from './events.ts';
export { START, advance, checkpoints } from './checkpoint.ts';
export type { Checkpoint } from './checkpoint.ts';

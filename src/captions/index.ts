export { captionDocument } from './captionDocument.ts';
export type { DocumentFormat } from './captionDocument.ts';
export { cues } from './cues.ts';
export type { Cue, CueOptions } from './cues.ts';
export { md } from './md.ts';
export { ndjson } from './ndjson.ts';
export { srt } from './srt.ts';
export { text } from './text.ts';
export { vtt } from './vtt.ts';

export { captionFile } from './captionFile.ts';
export type { CaptionFileOptions } from './captionFile.ts';
export type { CaptionFormat } from './captionFormats.ts';
export type { Mark } from './chapterMark.ts';
export { wavFile } from './wavFile.ts';
export type { WavFileOptions } from './wavFile.ts';
export { openRun } from '../durable/openRun.ts';
export type { DurableRun, Recognise, RunOptions } from '../durable/openRun.ts';

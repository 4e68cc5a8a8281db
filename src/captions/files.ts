export { captionFile } from './captionFile.ts';
export type { CaptionFileOptions, CaptionFormat } from './captionFile.ts';
export type { Mark } from './mark.ts';
export { wavFile } from './wavFile.ts';
export type { WavFileOptions } from './wavFile.ts';

export { audioFile } from './audio/audioFile.ts';
export { microphone } from './audio/microphone.ts';
export { pcmStream } from './audio/pcmStream.ts';
export { transcribe } from './streaming/transcribe.ts';
export type { Region, Secret, TranscribeOptions } from './streaming/options.ts';
export { TranscriptionError } from './errors.ts';
export type { ErrorKind, TranscriptionErrorOptions } from './errors.ts';
export type * from '../operators/events.ts';

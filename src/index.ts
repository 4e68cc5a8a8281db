export { audioFile } from './audio/audioFile.ts';
export type { AudioFileOptions } from './audio/audioFile.ts';
export { mediaFile } from './audio/mediaFile.ts';
export type { MediaFileOptions } from './audio/mediaFile.ts';
export { microphone } from './audio/microphone.ts';
export type { MicrophoneOptions } from './audio/microphone.ts';
export { frameBytes } from './audio/pcm.ts';
export type { PcmEncoding, PcmFormat } from './audio/pcm.ts';
export { pcmStream } from './audio/pcmStream.ts';
export type { PcmStreamOptions } from './audio/pcmStream.ts';
export type { Recorder } from './audio/recorder.ts';
export { splitChannels } from './audio/splitChannels.ts';
export type { SplitChannelsOptions } from './audio/splitChannels.ts';
export type { Stop } from './audio/stop.ts';
export { transcribe } from './streaming/transcribe.ts';
export type { Secret } from './streaming/credential.ts';
export type { SpeechModel } from './streaming/models.ts';
export type { Fallback } from './streaming/relaySettings.ts';
export type {
  ConnectionAgent,
  ConnectionOptions,
  ExtraParam,
  Region,
  ServiceOptions,
  TranscribeOptions,
} from './streaming/options.ts';
export { TranscriptionError } from './errors.ts';
export type { ErrorCode, ErrorKind, TranscriptionErrorOptions } from './errors.ts';
export type * from '../operators/events.ts';

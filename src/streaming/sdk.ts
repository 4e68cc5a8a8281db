// loaded when it is needed first; a module of its own, so that bundlers leave out what else the SDK holds
export { StreamingTranscriber } from 'assemblyai/streaming';

// loaded on first use; a separate module, so that bundlers drop the rest of the SDK
export { StreamingTranscriber } from 'assemblyai/streaming';

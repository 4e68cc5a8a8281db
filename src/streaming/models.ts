/** The models that the service documents or is known to accept, the recommended one first. */
export const KNOWN_MODELS = [
  'universal-3-6-pro',
  'universal-3-5-pro',
  'universal-3-6',
  'assemblyai-stt-3-7-realtime',
  'assemblyai-stt-3-7-realtime-agent',
  'universal-streaming-english',
  'universal-streaming-multilingual',
  'u3-rt-pro',
  'u3-rt-pro-beta-1',
  'whisper-rt',
] as const;

/** A model of the service: a known one, or any other id, because new ones appear between releases of rxscribe. */
export type SpeechModel = (typeof KNOWN_MODELS)[number] | (string & {});

/** Whether the model is one of the US family, which has no `mode` and no `prompt`. */
export function isUniversalStreaming(model: string): boolean {
  return model.startsWith('universal-streaming-');
}

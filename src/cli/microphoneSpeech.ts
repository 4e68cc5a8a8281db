import type { PcmFormat } from '../audio/pcm.ts';
import { SpeechDetector } from '../audio/speechDetector.ts';

/** Silero is sure enough from this score on. */
const SURE = 0.3;
/** With a faint score, loud audio counts as speech too: alone, Silero misses whispers and distant voices. */
const FAINT = 0.01;

/**
 * Returns a function for `detectSpeech` that combines Silero, which recorders of `decibri` run, with the level of the audio.
 * The table `speech` in test/bench compares it with each of them.
 *
 * @param score Returns the latest score of Silero, 0 to 1; `undefined` if it is not there.
 */
export function microphoneSpeech(format: PcmFormat, score: () => number | undefined): (frame: Uint8Array) => boolean {
  const detector = new SpeechDetector(format);
  return (frame) => {
    const isLoud = detector.detect(frame);
    const latest = score();
    if (latest === undefined) return isLoud;
    return latest >= SURE || (isLoud && latest >= FAINT);
  };
}

import type { DecodedAudio } from '../audio/pcmAudio.ts';

/** The highest rate that every browser can decode to, in hertz. */
const MAX_RATE = 96_000;

/**
 * Decodes a recording with the browser, to twice the rate that will be delivered.
 *
 * `decodeAudioData` resamples to the rate of its context, and Chromium's filter is wide: at 16 kHz it attenuates 7 kHz by
 * 5 dB and lets 9 kHz alias at -20 dB. At twice the rate that happens only above the band, which our own filter removes.
 *
 * @param sampleRate The rate that will be delivered, in hertz.
 */
export async function browserAudio(blob: Blob, sampleRate: number): Promise<DecodedAudio> {
  const context = new OfflineAudioContext(1, 1, Math.min(sampleRate * 2, MAX_RATE));
  const audio = await context.decodeAudioData(await blob.arrayBuffer());
  return {
    sampleRate: audio.sampleRate,
    channels: audio.numberOfChannels,
    lengthMs: audio.duration * 1000,
    samples: (channel) => samplesOf(audio, channel),
  };
}

/**
 * Reads decoded audio without a copy of the whole recording.
 *
 * @yields A second at a time.
 */
async function* samplesOf(audio: AudioBuffer, channel: number | undefined): AsyncGenerator<Float32Array> {
  const all = Array.from({ length: audio.numberOfChannels }, (_, index) => audio.getChannelData(index));
  const channels = channel === undefined ? all : all.slice(channel, channel + 1);
  for (let at = 0; at < audio.length; at += audio.sampleRate) {
    const pieces = channels.map((samples) => samples.subarray(at, at + audio.sampleRate));
    yield pieces.length === 1 ? pieces[0]! : average(pieces);
  }
}

function average([first = new Float32Array(0), ...others]: readonly Float32Array[]): Float32Array {
  return first.map(
    (sample, at) => others.reduce((sum, samples) => sum + (samples[at] ?? 0), sample) / (others.length + 1),
  );
}

import { TranscriptionError } from '../errors.ts';
import type { DecodedAudio, ReportLoss } from './pcmAudio.ts';
import { pcm16 } from './pcm16.ts';
import type { AudioFileOptions } from './recordingOptions.ts';
import { Resampler } from './resampler.ts';

/**
 * Converts decoded audio to 16-bit PCM, mono or of the first channels interleaved.
 *
 * @param encode Conditions samples and turns them into the bytes of 16-bit samples.
 * @yields Pieces of any length.
 * @throws {TranscriptionError} when there is no audio, or not the wanted channel.
 */
export async function* recordingPieces(
  audio: DecodedAudio,
  { sampleRate = 16_000, channels = 1, channelMap }: Pick<AudioFileOptions, 'sampleRate' | 'channels' | 'channelMap'>,
  report: ReportLoss,
  encode?: (samples: AsyncIterable<Float32Array>) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const channel = channelMap?.[0];
  if (channel !== undefined && channel >= audio.channels) {
    const there = audio.channels === 1 ? 'only channel 0' : `channels 0 to ${audio.channels - 1}`;
    throw new TranscriptionError('file', `it has no channel ${channel}, it has ${there}`);
  }
  if (channels > audio.channels) {
    const there = audio.channels === 1 ? 'only 1 channel' : `only ${audio.channels} channels`;
    throw new TranscriptionError('file', `it has ${there}, not ${channels}`);
  }
  // most recordings that people keep for transcription need no conversion
  const isFormat = audio.sampleRate === sampleRate && audio.channels === channels;
  const asIs = isFormat && !encode ? audio.pcm16?.(report) : undefined;
  const decoded = (): AsyncIterable<Float32Array> =>
    channels > 1 && audio.interleaved ? audio.interleaved(channels, report) : audio.samples(channel, report);
  const converted = (): AsyncIterable<Uint8Array> =>
    (encode ?? encoded)(resampled(decoded(), audio.sampleRate, sampleRate, channels));
  let isEmpty = true;
  for await (const piece of asIs ?? converted()) {
    isEmpty &&= piece.length === 0;
    yield piece;
  }
  if (isEmpty) throw new TranscriptionError('file', 'it contains no audio');
}

async function* resampled(
  pieces: AsyncIterable<Float32Array>,
  from: number,
  to: number,
  channels: number,
): AsyncGenerator<Float32Array> {
  const resamplers = Array.from({ length: channels }, () => new Resampler(from, to));
  for await (const piece of pieces) {
    yield interleave(resamplers.map((resampler, channel) => resampler.push(channelOf(piece, channel, channels))));
  }
  yield interleave(resamplers.map((resampler) => resampler.flush()));
}

/** The samples of one channel. */
function channelOf(samples: Float32Array, channel: number, channels: number): Float32Array {
  if (channels === 1) return samples;
  const one = new Float32Array(samples.length / channels);
  for (let at = 0; at < one.length; at += 1) one[at] = samples[at * channels + channel]!;
  return one;
}

function interleave(parts: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = parts;
  if (parts.length === 1) return first;
  const samples = new Float32Array(first.length * parts.length);
  parts.forEach((part, channel) => {
    for (let at = 0; at < part.length; at += 1) samples[at * parts.length + channel] = part[at]!;
  });
  return samples;
}

async function* encoded(pieces: AsyncIterable<Float32Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield pcm16(piece);
}

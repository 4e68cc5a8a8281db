import { TranscriptionError } from '../errors.ts';
import { readAiffHeader } from './aiff.ts';
import type { ByteReader } from './byteReader.ts';
import { containerFormat } from './containerFormat.ts';
import { pcmAudio } from './pcmAudio.ts';
import type { DecodedAudio } from './pcmAudio.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';
import { readWavHeader } from './wav.ts';

/**
 * Reads the header of a WAV, AIFF or FLAC recording.
 *
 * Rejects with an `UnsupportedFormat` for any other format, and with a `TranscriptionError` for an invalid header.
 */
export async function decodeAudio(reader: ByteReader, isGrowing = false): Promise<DecodedAudio> {
  const format = await containerFormat(reader);
  if (format === 'FLAC') {
    const { flacAudio, readFlacHeader } = await import('./flacAudio.ts'); // few recordings need its decoder
    return flacAudio(reader, valid(await readFlacHeader(reader), format));
  }
  if (format === 'WAV') return pcmAudio(reader, valid(await readWavHeader(reader), format), isGrowing);
  if (format === 'AIFF') return pcmAudio(reader, valid(await readAiffHeader(reader), format), isGrowing);
  throw new UnsupportedFormat(
    format
      ? `it is ${format.other}, which only ffmpeg can read`
      : 'only WAV, AIFF and FLAC are read, and it is none of them',
  );
}

function valid<Header>(header: Header | undefined, format: string): Header {
  if (header === undefined) throw new TranscriptionError('file', `its ${format} header is invalid`);
  return header;
}

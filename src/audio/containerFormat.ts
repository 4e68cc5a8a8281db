import type { ByteReader } from './byteReader.ts';

/** What the first bytes show: a format that is read here, the name of another one, or `undefined`. */
export type ContainerFormat = 'WAV' | 'AIFF' | 'FLAC' | { readonly other: string } | undefined;

/** Names of containers by the bytes at a position. */
const MARKS: readonly (readonly [at: number, mark: string, name: string])[] = [
  [0, 'OggS', 'Ogg'],
  [0, '\u001AE\u00DF\u00A3', 'Matroska or WebM'],
  [4, 'ftyp', 'MP4'],
  [8, 'AVI ', 'AVI'],
  [0, 'caff', 'Core Audio'],
  [0, '.snd', 'AU'],
  [0, '#!AMR', 'AMR'],
  [0, '0&\u00B2u', 'Windows Media'],
  [0, 'wvpk', 'WavPack'],
  [0, 'MAC ', "Monkey's Audio"],
  [0, 'FLV\u0001', 'Flash Video'],
  [0, 'ADIF', 'AAC'],
];

/** Bytes that show two MPEG frames in a row: the longest has 2881. */
const MPEG_BYTES = 2890;

/** Recognises the container from its first bytes, after skipping an ID3v2 tag, which some programs put before any format. */
export async function containerFormat(reader: ByteReader): Promise<ContainerFormat> {
  const isTagged = await skipTag(reader);
  const head = latin1(await reader.peek(12));
  if (/^(?:RIFF|RF64)....WAVE/s.test(head)) return 'WAV';
  if (/^FORM....AIF[FC]/s.test(head)) return 'AIFF';
  if (head.startsWith('fLaC')) return 'FLAC';
  const named = MARKS.find(([at, mark]) => head.startsWith(mark, at));
  if (named) return { other: named[2] };
  const isMpeg = isTagged || (/^\u00FF[\u00E2-\u00FF]/.test(head) && isMpegAudio(await reader.peek(MPEG_BYTES)));
  return isMpeg ? { other: 'MP3 or AAC' } : undefined;
}

/** @see https://id3.org/id3v2.4.0-structure section 3.1 */
async function skipTag(reader: ByteReader): Promise<boolean> {
  const head = await reader.peek(10);
  if (head.length < 10 || latin1(head.subarray(0, 3)) !== 'ID3') return false;
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  const footer = ((head[5] ?? 0) & 0x10) === 0 ? 0 : 10;
  await reader.skip(10 + size + footer);
  return true;
}

/** Raw samples can look like one header of MPEG audio, but hardly like two at the right distance. */
function isMpegAudio(bytes: Uint8Array): boolean {
  const length = mpegFrameLength(bytes, 0);
  return length > 0 && mpegFrameLength(bytes, length) > 0;
}

const BITRATES_1 = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const BITRATES_2 = [
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/** The length of the frame of MP3 or AAC (ADTS) that starts here, in bytes; 0 if none does. */
function mpegFrameLength(bytes: Uint8Array, at: number): number {
  const [sync = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = bytes.subarray(at, at + 6);
  if (sync !== 0xff) return 0;
  if ((second & 0xf6) === 0xf0) return ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  const layer = 3 - ((second >> 1) & 3);
  const version = (second >> 3) & 3;
  const isVersion1 = version === 3;
  const bitrate = (isVersion1 ? BITRATES_1 : BITRATES_2)[layer]?.[third >> 4] ?? 0;
  const rate = ([44_100, 48_000, 32_000][(third >> 2) & 3] ?? 0) / (isVersion1 ? 1 : version === 2 ? 2 : 4);
  if ((second & 0xe0) !== 0xe0 || version === 1 || bitrate === 0 || rate === 0) return 0;
  const padding = (third >> 1) & 1;
  if (layer === 0) return (Math.floor((12_000 * bitrate) / rate) + padding) * 4;
  return Math.floor(((layer === 2 && !isVersion1 ? 72_000 : 144_000) * bitrate) / rate) + padding;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCodePoint(...bytes);
}

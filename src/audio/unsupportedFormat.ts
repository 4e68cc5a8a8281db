/** Audio that only ffmpeg can read. The message describes it and completes "it is …" or "it holds …". */
export class UnsupportedFormat extends Error {
  override readonly name = 'UnsupportedFormat';
}

/** The error for a codec that is not PCM in a container that is read otherwise. */
export function unsupportedCodec(container: string, codec: string): UnsupportedFormat {
  return new UnsupportedFormat(
    `it is ${container === 'AIFF' ? 'an' : 'a'} ${container} file with ${codec}, which only ffmpeg can read`,
  );
}

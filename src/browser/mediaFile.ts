import type { Observable } from 'rxjs';

/**
 * `mediaFile` runs ffmpeg, which a page cannot: it always throws here. `audioFile` plays what the browser decodes.
 *
 * @throws {TypeError} always.
 */
export const mediaFile: (pathOrUrl: string, options?: object) => Observable<Uint8Array> = () => {
  throw new TypeError(
    'mediaFile runs ffmpeg, which needs Node; in a page, fetch the file and pass the Blob to audioFile',
  );
};

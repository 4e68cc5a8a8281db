/** Addresses that ffmpeg may open. Others, such as `concat:` or `subfile:`, would reach local files. */
const SCHEMES = new Set(['http', 'https', 'rtsp', 'rtsps', 'rtmp', 'rtmps', 'rtp', 'srt', 'udp', 'tcp']);

/** Whether it is an address, and not the path of a file. */
export function isAddress(pathOrUrl: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(pathOrUrl);
}

/**
 * Refuses an address of an unknown scheme.
 *
 * @throws {TypeError} when the scheme is not one that ffmpeg may open.
 */
export function checkAddress(url: string): void {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  if (!SCHEMES.has(scheme)) {
    throw new TypeError(`the address must start with one of ${[...SCHEMES].join('://, ')}://, not ${scheme}://`);
  }
}

/** Removes what can be secret from every address in a text: user, password, query and fragment. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/([a-z][a-z\d+.-]+:\/\/)([^\s'"]*[^\s'":,])/gi, (_, scheme: string, rest: string) => {
    const [place = ''] = rest.split(/[?#]/);
    return scheme + place.slice(place.indexOf('/') < 0 ? place.lastIndexOf('@') + 1 : afterUser(place));
  });
}

/** A password can hold `@`, but no host can. */
function afterUser(place: string): number {
  return place.lastIndexOf('@', place.indexOf('/')) + 1;
}

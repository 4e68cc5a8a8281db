/**
 * Returns the key under which a client is counted: a hash, so that neither addresses nor long names stay in memory.
 *
 * All addresses of an IPv6 network (/64) are one client, and so are both spellings of an IPv4 address.
 *
 * @param client An address, or any other name.
 */
export async function clientKey(client: string): Promise<string> {
  const name = client.toLowerCase();
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(normalise(name)));
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function normalise(name: string): string {
  const groups = ipv6Groups(name);
  if (!groups) return name;
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of an IPv6 address; `undefined` for anything else, a link-local address with its zone included. */
function ipv6Groups(address: string): readonly number[] | undefined {
  const hex = address.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const sides = hex.split('::');
  const [head = [], tail = []] = sides.map((side) => (side === '' ? [] : side.split(':')));
  const missing = 8 - head.length - tail.length;
  const fits = sides.length === 2 ? missing > 0 : sides.length === 1 && missing === 0;
  if (!fits || ![...head, ...tail].every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return [...head, ...Array.from({ length: missing }, () => '0'), ...tail].map((group) => Number.parseInt(group, 16));
}

import { describe, expect, it } from '@jest/globals';
import { clientKey } from '../../../src/tokens/clientKey.ts';

/** Which of the clients count as which: the index of the first one with the same key. */
async function firstOfEach(...clients: readonly string[]): Promise<readonly number[]> {
  const keys = await Promise.all(clients.map(clientKey));
  return keys.map((key) => keys.indexOf(key));
}

describe('clientKey', () => {
  it('counts every spelling of an IPv4 address as one client', async () => {
    expect(
      await firstOfEach(
        '192.0.2.1',
        '::ffff:192.0.2.1',
        '::FFFF:192.0.2.1',
        '::ffff:c000:201',
        '0:0:0:0:0:ffff:c000:0201',
        '192.0.2.2',
        '::ffff:192.0.2.2',
      ),
    ).toEqual([0, 0, 0, 0, 0, 5, 5]);
  });

  it('counts all addresses of an IPv6 network as one client', async () => {
    expect(
      await firstOfEach(
        '2001:db8::1',
        '2001:DB8::2',
        '2001:0db8:0:0:9:9:9:9',
        '2001:db8::9:192.0.2.1',
        '2001:db8:0:1::',
      ),
    ).toEqual([0, 0, 0, 0, 4]);
    expect(await firstOfEach('::1', '::2', '1::', '1:0:0:0::7', 'fe80::1%eth0', 'fe80::2%eth0')).toEqual([
      0, 0, 2, 2, 4, 5,
    ]);
  });

  it('takes anything else as it is, apart from its case', async () => {
    const long = 'x'.repeat(10_000);
    expect(
      await firstOfEach('user:1', 'user:2', 'anna', 'Anna', '', ':', '::', '1:2:3', ':::', `${long}a`, `${long}b`),
    ).toEqual([0, 1, 2, 2, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is a hash of 32 characters, whatever the length of the name', async () => {
    for (const name of ['', '192.0.2.1', 'x'.repeat(100_000)]) {
      const key = await clientKey(name);
      expect(key).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

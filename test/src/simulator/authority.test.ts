import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { serverCertificate } from '../../../src/simulator/certificates.ts';
import { der, TAG } from '../../../src/simulator/der.ts';
import { createAuthority, startSimulator } from '../../../src/simulator/index.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-authority-'));
});

afterEach(() => {
  jest.useRealTimers();
  return rm(dir, { recursive: true });
});

/** Whether a client that trusts the authority accepts a certificate it signed for this name. */
async function isTrusted(name: string): Promise<boolean> {
  const ca = await readFile(await createAuthority(dir), 'utf8');
  const authorityKey = createPrivateKey(await readFile(join(dir, 'ca-key.pem'), 'utf8'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = serverCertificate(publicKey, authorityKey, [der(TAG.dnsName, Buffer.from(name))]) + ca;
  const server = createServer({ cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: name, ca });
  const trusted = await once(socket, 'secureConnect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  server.close();
  return trusted;
}

describe('createAuthority', () => {
  it('creates an authority, and uses it again', async () => {
    const caFile = await createAuthority(dir);
    const first = await readFile(caFile, 'utf8');
    expect(await createAuthority(dir)).toBe(caFile);
    expect(await readFile(caFile, 'utf8')).toBe(first);
    const certificate = new X509Certificate(first);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('creates one authority if called several times at once', async () => {
    const files = await Promise.all([1, 2, 3].map(() => createAuthority(dir)));
    const [simulator, ca] = [await startSimulator({ caDir: dir }), await readFile(files[0]!, 'utf8')];
    const port = Number(new URL(simulator.url).port);
    for (const host of ['localhost', '127.0.0.1']) {
      // oxlint-disable-next-line no-await-in-loop -- one name after the other
      const authorised = await new Promise((resolve, reject) => {
        const socket = connect({ host, port, ca }, () => resolve(socket.destroy().authorized)).on('error', reject);
      });
      expect(authorised).toBe(true);
    }
    await simulator.close();
    expect(existsSync(simulator.caFile)).toBe(true);
  });

  it('can sign for localhost and for no other name', async () => {
    expect(await isTrusted('localhost')).toBe(true);
    expect(await isTrusted('www.example.com')).toBe(false);
    expect(await isTrusted('example.test')).toBe(false);
  });

  it('expires within months', async () => {
    const { validFrom, validTo } = new X509Certificate(await readFile(await createAuthority(dir)));
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBeLessThan(200);
  });

  it('replaces an authority that expires within 30 days, and keeps its key', async () => {
    const caFile = await createAuthority(dir);
    const first = await readFile(caFile, 'utf8');
    const key = await readFile(join(dir, 'ca-key.pem'), 'utf8');
    jest.useFakeTimers({ now: Date.now() + 149 * 86_400_000, doNotFake: ['nextTick', 'setImmediate'] });
    await createAuthority(dir);
    expect(await readFile(caFile, 'utf8')).toBe(first);
    jest.setSystemTime(Date.now() + 2 * 86_400_000);
    await createAuthority(dir);
    const second = await readFile(caFile, 'utf8');
    expect(second).not.toBe(first);
    expect(new X509Certificate(second).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(await readFile(join(dir, 'ca-key.pem'), 'utf8')).toBe(key);
  });

  it('replaces an authority that can sign for any name, and its key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const old = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    await writeFile(join(dir, 'ca-key.pem'), old);
    await writeFile(join(dir, 'ca.pem'), 'an older certificate');
    const files = await Promise.all([1, 2, 3].map(() => createAuthority(dir)));
    const key = createPrivateKey(await readFile(join(dir, 'ca-key.pem'), 'utf8'));
    expect(key.asymmetricKeyType).toBe('ec');
    const certificate = new X509Certificate(await readFile(files[0]!));
    expect(certificate.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(await readdir(dir)).toEqual(['ca-key.pem', 'ca.pem']);
  });

  it('creates a temporary authority if no directory is given', async () => {
    const simulator = await startSimulator();
    expect(existsSync(simulator.caFile)).toBe(true);
    await simulator[Symbol.asyncDispose]();
    expect(existsSync(dirname(simulator.caFile))).toBe(false);
  });

  it('removes the temporary authorities of processes that were killed', async () => {
    const abandoned = join(tmpdir(), `rxscribe-ca-${2 ** 22 + 1}-test`);
    await mkdir(abandoned, { recursive: true });
    const twoHoursAgo = Date.now() / 1000 - 7200;
    await utimes(abandoned, twoHoursAgo, twoHoursAgo);
    await using simulator = await startSimulator();
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(simulator.caFile)).toBe(true);
    expect(await readdir(dirname(simulator.caFile))).toEqual(['ca.pem']);
  });
});

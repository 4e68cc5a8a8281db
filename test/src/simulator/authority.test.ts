import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuthority, startSimulator } from '../../../src/simulator/index.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-authority-'));
});

afterEach(() => rm(dir, { recursive: true }));

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

  it('creates a temporary authority if no directory is given', async () => {
    const simulator = await startSimulator();
    expect(existsSync(simulator.caFile)).toBe(true);
    await simulator[Symbol.asyncDispose]();
    expect(existsSync(dirname(simulator.caFile))).toBe(false);
  });
});

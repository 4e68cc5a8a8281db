import { generateKeyPair, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { authorityCertificate, loopbackCertificate } from './certificates.ts';

/** A certificate authority kept in a directory. */
export interface Authority {
  /** Its certificate, PEM. Clients trust it with `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** Makes a key and a certificate for `localhost`, `127.0.0.1` and `::1`; the authority's own comes after it. */
  issue(): Promise<{ readonly key: string; readonly cert: string }>;
}

/**
 * Makes a certificate authority in `dir`, or takes the one kept there (`ca.pem`, `ca-key.pem`), and returns the file of
 * its certificate. Several processes may do this at once.
 */
export async function createAuthority(dir: string): Promise<string> {
  return (await openAuthority(dir)).caFile;
}

/** As `createAuthority`, and ready to issue certificates. */
export async function openAuthority(dir: string): Promise<Authority> {
  const { default: forge } = await import('node-forge');
  await mkdir(dir, { recursive: true });
  const caFile = join(dir, 'ca.pem');
  const key = forge.pki.privateKeyFromPem(await keptKey(join(dir, 'ca-key.pem')));
  const ca = (await read(caFile)) ?? (await publish(caFile, authorityCertificate(forge, key)));
  const issue = async (): Promise<{ key: string; cert: string }> => {
    const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { key: pem, cert: loopbackCertificate(forge, publicKey, ca, key) + ca };
  };
  return { caFile, issue };
}

/** The key in `file`, made first if there is none: of two processes that make one, both use the first. */
async function keptKey(file: string): Promise<string> {
  const kept = await read(file);
  if (kept !== undefined) return kept;
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, await newKey(), { mode: 0o600 });
  await link(draft, file).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  await rm(draft);
  return readFile(file, 'utf8');
}

/** Writes a certificate so that others see all of it or nothing. All certificates of one key are as good as each other. */
async function publish(file: string, pem: string): Promise<string> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, pem);
  await rename(draft, file);
  return pem;
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authorityCertificate, isUsableAuthority, serverCertificate } from './certificates.ts';
import { temporaryDir } from './temporaryDir.ts';

/** A certificate authority that can sign for `localhost`, `127.0.0.1` and `::1` only. */
export interface Authority {
  /** Its certificate, PEM. Clients trust it with `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** Creates a key and a certificate for the loopback names; the certificate of the authority follows in `cert`. */
  issue(): { readonly key: string; readonly cert: string };
  /** Removes it from the disk if it is temporary. */
  remove(): Promise<void>;
}

/**
 * Creates a certificate authority in `dir`, or uses the one in it (`ca.pem`, `ca-key.pem`), and returns the path of its
 * certificate. The authority is valid for 180 days and for loopback names only. One that is not restricted to these names,
 * or expires within 30 days, is replaced. Several processes may call this at once.
 */
export async function createAuthority(dir: string): Promise<string> {
  return (await openAuthority(dir)).caFile;
}

/** Like `createAuthority`, but returns the authority itself. */
export async function openAuthority(dir: string): Promise<Authority> {
  await mkdir(dir, { recursive: true });
  const key = await keptKey(join(dir, 'ca-key.pem'));
  const caFile = join(dir, 'ca.pem');
  const kept = await read(caFile);
  if (kept !== undefined && isUsableAuthority(kept, key)) return authority(caFile, kept, key);
  return authority(caFile, await publish(caFile, authorityCertificate(key)), key);
}

/** Creates an authority for this process. Its key is in memory only; its certificate is in a temporary directory. */
export async function temporaryAuthority(): Promise<Authority> {
  const dir = await temporaryDir();
  const key = newKey();
  const caFile = join(dir, 'ca.pem');
  const ca = await publish(caFile, authorityCertificate(key));
  return { ...authority(caFile, ca, key), remove: () => rm(dir, { recursive: true, force: true }) };
}

function authority(caFile: string, ca: string, key: KeyObject): Authority {
  const issue = (): { key: string; cert: string } => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { key: pemOf(privateKey), cert: serverCertificate(publicKey, key) + ca };
  };
  return { caFile, issue, remove: () => Promise.resolve() };
}

/** Returns the key in `file`, and creates it if there is none. If two processes do so at once, both use the first key. */
async function keptKey(file: string): Promise<KeyObject> {
  const kept = await read(file);
  const key = kept === undefined ? undefined : ellipticKey(kept);
  if (key !== undefined) return key;
  // not a P-256 key: that of an unrestricted authority; another process may have replaced it since
  if (kept !== undefined && (await read(file)) === kept) await rm(file, { force: true });
  const draft = draftOf(file);
  await writeFile(draft, pemOf(newKey()), { mode: 0o600, flag: 'wx' });
  await link(draft, file).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  await rm(draft);
  return createPrivateKey(await readFile(file, 'utf8'));
}

/** Writes a certificate in one step. It does not matter which of several processes is last: all use the same key. */
async function publish(file: string, pem: string): Promise<string> {
  const draft = draftOf(file);
  await writeFile(draft, pem, { flag: 'wx' });
  await rename(draft, file);
  return pem;
}

function ellipticKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function draftOf(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`;
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

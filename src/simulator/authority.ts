import { generateKeyPair, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type * as Forge from 'node-forge';

/** A certificate authority kept in a directory. */
export interface Authority {
  /** Its certificate, PEM. Clients trust it with `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** Makes a key and a certificate for `localhost`, `127.0.0.1` and `::1`. */
  issue(): Promise<{ readonly key: string; readonly cert: string }>;
}

const SUBJECT = [{ name: 'commonName', value: 'rxscribe local service' }];
const DAY_MS = 86_400_000;

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
  const ca = (await read(caFile)) ?? (await publish(caFile, selfSigned(forge, key)));
  const issuer = forge.pki.certificateFromPem(ca);
  const issue = async (): Promise<{ key: string; cert: string }> => {
    const pem = await newKey();
    return { key: pem, cert: signed(forge, forge.pki.privateKeyFromPem(pem), issuer, key) };
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
  return error instanceof Error && 'code' in error && error.code === code;
}

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

function selfSigned(forge: typeof Forge, key: Forge.pki.rsa.PrivateKey): string {
  const certificate = blank(forge, key, SUBJECT, SUBJECT);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return sign(forge, certificate, key);
}

function signed(
  forge: typeof Forge,
  key: Forge.pki.rsa.PrivateKey,
  issuer: Forge.pki.Certificate,
  by: Forge.pki.rsa.PrivateKey,
): string {
  const names = [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
    { type: 7, ip: '::1' },
  ];
  const certificate = blank(forge, key, [{ name: 'commonName', value: 'localhost' }], issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return sign(forge, certificate, by);
}

function blank(
  forge: typeof Forge,
  key: Forge.pki.rsa.PrivateKey,
  subject: Forge.pki.CertificateField[],
  issuer: Forge.pki.CertificateField[],
): Forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + 365 * DAY_MS);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

function sign(forge: typeof Forge, certificate: Forge.pki.Certificate, key: Forge.pki.rsa.PrivateKey): string {
  certificate.sign(key, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

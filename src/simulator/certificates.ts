import { randomBytes, type KeyObject } from 'node:crypto';
import type * as Forge from 'node-forge';

type Key = Forge.pki.rsa.PrivateKey;

interface Naming {
  readonly subject: Forge.pki.CertificateField[];
  readonly issuer: Forge.pki.CertificateField[];
  /** Days from now. */
  readonly days: number;
}

const AUTHORITY = [{ name: 'commonName', value: 'rxscribe local service' }];
const LOCALHOST = [{ name: 'commonName', value: 'localhost' }];
const NAMES = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
];
const DAY_MS = 86_400_000;

/** Position of the public key among the fields of a certificate (RFC 5280, 4.1). */
const PUBLIC_KEY = 6;

/** The certificate of an authority, PEM, signed with its own key; good for ten years. */
export function authorityCertificate(forge: typeof Forge, key: Key): string {
  const certificate = blank(forge, key, { subject: AUTHORITY, issuer: AUTHORITY, days: 3650 });
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(key, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

/** A certificate for the loopback names and this public key, PEM, signed by an authority; good for a year. */
export function loopbackCertificate(forge: typeof Forge, publicKey: KeyObject, caPem: string, by: Key): string {
  const ca = forge.pki.certificateFromPem(caPem);
  const certificate = blank(forge, by, { subject: LOCALHOST, issuer: ca.subject.attributes, days: 365 });
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: NAMES },
    { name: 'authorityKeyIdentifier', keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
  ]);
  certificate.sign(by, forge.md.sha256.create());
  replaceKey(forge, certificate, publicKey, by);
  return forge.pki.certificateToPem(certificate);
}

/** Puts in a key of a kind the library does not know (an elliptic one, made in no time), and signs again. */
function replaceKey(forge: typeof Forge, certificate: Forge.pki.Certificate, publicKey: KeyObject, by: Key): void {
  const fields = certificate.tbsCertificate.value;
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('latin1');
  if (Array.isArray(fields)) fields[PUBLIC_KEY] = forge.asn1.fromDer(der);
  const digest = forge.md.sha256.create();
  digest.update(forge.asn1.toDer(certificate.tbsCertificate).getBytes());
  certificate.signature = by.sign(digest);
}

function blank(forge: typeof Forge, { n, e }: Key, { subject, issuer, days }: Naming): Forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(n, e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + days * DAY_MS);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

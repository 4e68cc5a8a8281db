import { createHash, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { bitString, der, integer, objectId, octetString, sequence, set, TAG, utcTime, utf8String } from './der.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 180;
const SERVER_DAYS = 90;

/** An authority that expires within this time is replaced. */
const RENEWAL_DAYS = 30;

const AUTHORITY_NAME = 'rxscribe local service';
const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));
const LOCALHOST = der(TAG.dnsName, Buffer.from('localhost'));
const IPV4 = [127, 0, 0, 1];
const IPV6 = [...Array.from({ length: 15 }, () => 0), 1];
/** The names of the service, as in a `subjectAltName`. */
const LOOPBACK = [LOCALHOST, der(TAG.ip, IPV4), der(TAG.ip, IPV6)];
const ALL_BITS = (bytes: number): number[] => Array.from({ length: bytes }, () => 0xff);

/** Restricts the authority to `localhost`, `127.0.0.1` and `::1` (RFC 5280, 4.2.1.10). */
const NAME_CONSTRAINTS = extension(
  '2.5.29.30',
  sequence(
    der(
      TAG.explicit0,
      sequence(LOCALHOST),
      sequence(der(TAG.ip, IPV4, ALL_BITS(4))),
      sequence(der(TAG.ip, IPV6, ALL_BITS(16))),
    ),
  ),
  'critical',
);

interface CertificateFields {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly days: number;
  readonly extensions: readonly Buffer[];
}

/** Creates the certificate of an authority for loopback names only, PEM, signed with its own key (P-256). */
export function authorityCertificate(key: KeyObject): string {
  const publicKey = createPublicKey(key);
  const extensions = [
    extension('2.5.29.19', sequence(der(TAG.boolean, [0xff]), integer([0])), 'critical'), // an authority, path length 0
    extension('2.5.29.15', bitString([0b0000_0110], 1), 'critical'), // signs certificates and revocation lists
    extension('2.5.29.14', octetString(keyId(publicKey))),
    NAME_CONSTRAINTS,
  ];
  return certificate({ subject: AUTHORITY_NAME, publicKey, days: AUTHORITY_DAYS, extensions }, key);
}

/** Creates a server certificate, PEM, signed by the authority; for the loopback names by default. */
export function serverCertificate(
  publicKey: KeyObject,
  authorityKey: KeyObject,
  names: readonly Buffer[] = LOOPBACK,
): string {
  const extensions = [
    extension('2.5.29.19', sequence(), 'critical'), // not an authority
    extension('2.5.29.15', bitString([0b1000_0000], 7), 'critical'), // digital signatures
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))), // TLS servers
    extension('2.5.29.17', sequence(...names)),
    extension('2.5.29.35', sequence(der(TAG.keyId, keyId(createPublicKey(authorityKey))))),
  ];
  return certificate({ subject: 'localhost', publicKey, days: SERVER_DAYS, extensions }, authorityKey);
}

/** Whether a certificate is one of `authorityCertificate` for this key, and does not expire soon. */
export function isUsableAuthority(pem: string, key: KeyObject): boolean {
  const parsed = parse(pem);
  if (parsed === undefined || !parsed.checkPrivateKey(key)) return false;
  return parsed.raw.includes(NAME_CONSTRAINTS) && Date.parse(parsed.validTo) - Date.now() > RENEWAL_DAYS * DAY_MS;
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function certificate({ subject, publicKey, days, extensions }: CertificateFields, signingKey: KeyObject): string {
  const body = sequence(
    der(TAG.explicit0, integer([2])), // version 3
    integer([1, ...randomBytes(15)]),
    ECDSA_WITH_SHA256,
    commonName(AUTHORITY_NAME),
    sequence(utcTime(new Date(Date.now() - DAY_MS)), utcTime(new Date(Date.now() + days * DAY_MS))),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(TAG.explicit3, sequence(...extensions)),
  );
  const signed = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, signingKey)));
  return `-----BEGIN CERTIFICATE-----\n${signed.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId('2.5.4.3'), utf8String(name))));
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(objectId(id), critical === undefined ? [] : der(TAG.boolean, [0xff]), octetString(value));
}

/** SHA-1 of the public point (RFC 5280, 4.2.1.2): the last 65 bytes of an exported P-256 key. */
function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest();
}

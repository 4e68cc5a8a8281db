// A writer of DER (ITU-T X.690), as far as X.509 certificates need it.

type Part = Uint8Array | readonly number[];

/** Tags that certificates use beside the universal types. */
export const TAG = {
  boolean: 0x01,
  null: 0x05,
  explicit0: 0xa0,
  explicit3: 0xa3,
  keyId: 0x80,
  dnsName: 0x82,
  ip: 0x87,
};

/** One value: tag, length, content. */
export function der(tag: number, ...content: readonly Part[]): Buffer {
  const body = Buffer.concat(content.map((part) => Uint8Array.from(part)));
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
}

export function sequence(...values: readonly Part[]): Buffer {
  return der(0x30, ...values);
}

export function set(...values: readonly Part[]): Buffer {
  return der(0x31, ...values);
}

/** An integer from its bytes, most significant first. The first byte must be under 128: that is the sign. */
export function integer(bytes: Part): Buffer {
  return der(0x02, bytes);
}

/** A bit string. The last `unusedBits` bits of the bytes do not belong to it. */
export function bitString(bytes: Part, unusedBits = 0): Buffer {
  return der(0x03, [unusedBits], bytes);
}

export function octetString(bytes: Part): Buffer {
  return der(0x04, bytes);
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

/** An object identifier such as `2.5.29.19`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, [40 * first + second, ...rest.flatMap(base128)]);
}

/** UTCTime, for dates before 2050. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

/** Seven bits a byte, most significant first; all but the last have the high bit set. */
function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

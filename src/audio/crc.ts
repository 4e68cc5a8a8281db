const CRC8 = table(0x07, 8);
const CRC16 = table(0x8005, 16);

/** The checksum of the first bytes, as the header of a FLAC frame has it. */
export function crc8(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let index = 0; index < length; index += 1) crc = CRC8[crc ^ (bytes[index] ?? 0)] ?? 0;
  return crc;
}

/** The checksum of the first bytes, as a FLAC frame has it at its end. */
export function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let index = 0; index < length; index += 1) {
    crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ (bytes[index] ?? 0)] ?? 0);
  }
  return crc;
}

function table(polynomial: number, width: number): Uint16Array {
  const top = 1 << (width - 1);
  return Uint16Array.from({ length: 256 }, (_, index) => {
    let crc = index << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return crc & (2 ** width - 1);
  });
}

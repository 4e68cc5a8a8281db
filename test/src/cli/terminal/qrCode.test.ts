import { describe, expect, it } from '@jest/globals';
// a decoder by other authors than the encoder
import readCode from 'qr/decode.js';
import { qrCode } from '../../../../src/cli/terminal/qrCode.ts';

const SCALE = 4;
const START = '\u001b[97;40m';
const END = '\u001b[39;49m';

/** Draws the lines as a terminal does, two modules per character, and reads the code. */
function read(lines: readonly string[]): string {
  const rows = lines.map((line) => line.slice(START.length, -END.length));
  const first = rows[0]!;
  expect(lines).toEqual(rows.map((text) => `${START}${text}${END}`));
  const [width, height] = [first.length * SCALE, lines.length * 2 * SCALE];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / SCALE);
    const text = rows[row >> 1]!;
    for (let x = 0; x < width; x += 1) {
      const block = text[Math.floor(x / SCALE)]!;
      const light = block === '█' || block === (row % 2 === 0 ? '▀' : '▄');
      data.fill(light ? 255 : 0, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return readCode({ width, height, data });
}

describe('qrCode', () => {
  it.each([
    'http://192.168.1.23:4747/abcdefghijklmnopqrstuv/',
    `http://[2001:db8::1]:65535/${'aZ0-_'.repeat(25)}/`,
    'http://a-machine-with-a-long-name.local:4747/ÄÖ/',
  ])('contains %s', (url) => {
    expect(read(qrCode(url, 80)!)).toBe(url);
  });

  it('fits 24 rows and 80 columns for usual addresses', () => {
    const lines = qrCode('http://192.168.100.123:54747/abcdefghijklmnopqrstuv/', 80)!;
    expect(lines.length).toBeLessThan(20);
  });

  it('is left out where the terminal is too narrow', () => {
    expect(qrCode('http://192.168.1.23:4747/abcdefghijklmnopqrstuv/', 32)).toBeUndefined();
  });
});

import { correction, generate } from 'lean-qr';

/** Width of the margin around the code, in modules. */
const MARGIN = 2;
/** White on black, whatever the theme of the terminal, so that cameras see dark modules on light ground. */
const COLOURS = '\u001b[97;40m';
const RESET = '\u001b[39;49m';
/** Two modules, one above the other, by which of them is light. */
const BLOCKS: Readonly<Record<string, string>> = {
  'light light': '█',
  'light dark': '▀',
  'dark light': '▄',
  'dark dark': ' ',
};

/** Returns the lines of a QR code, two rows of modules each; `undefined` if the terminal is too narrow. */
export function qrCode(text: string, columns: number): string[] | undefined {
  const code = generate(text, { minCorrectionLevel: correction.L });
  const size = code.size + 2 * MARGIN;
  if (size > columns) return undefined;
  const shade = (x: number, y: number): string => (code.get(x - MARGIN, y - MARGIN) ? 'dark' : 'light');
  return Array.from({ length: Math.ceil(size / 2) }, (_, row) => {
    const blocks = Array.from({ length: size }, (__, x) => BLOCKS[`${shade(x, 2 * row)} ${shade(x, 2 * row + 1)}`]);
    return `${COLOURS}${blocks.join('')}${RESET}`;
  });
}

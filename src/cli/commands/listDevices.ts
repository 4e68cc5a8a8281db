import type { InputDevice } from '../../audio/recorder.ts';
import { columnsOf } from '../../captions/columnsOf.ts';
import { canOpen, inputDevices } from '../checks/inputDevices.ts';
import type { DevicesFlags } from '../flags/devicesFlags.ts';
import { printable } from '../terminal/printable.ts';

/** Prints the input devices. Having none is not a failure; a line on stderr says what to do. */
export async function listDevices({ json, all }: DevicesFlags): Promise<void> {
  const devices = await inputDevices();
  const usable = devices.filter(canOpen);
  const shown = all ? devices : usable;
  process.stdout.write(json ? `${JSON.stringify(shown, undefined, 2)}\n` : table(shown));
  const note = (text: string): void => void process.stderr.write(`rxscribe: ${text}\n`);
  if (usable.length === 0) note('no input device found; connect a microphone, and check that the sound server runs');
  const hidden = devices.length - shown.length;
  if (hidden > 0 && !json) note(`${hidden} more cannot be opened now; --all lists them`);
}

const HEADER = ['', '#', 'name', 'channels', 'rate', 'id'];

/** Formats devices as a table with a header; `*` marks the default. */
export function table(devices: readonly InputDevice[]): string {
  if (devices.length === 0) return '';
  const rows = [HEADER, ...devices.map(cells)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, RIGHT.has(HEADER[column] ?? ''))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** Right-aligned columns. */
const RIGHT = new Set(['#', 'channels', 'rate']);

function cells({ index, name, id, maxInputChannels, defaultSampleRate, isDefault }: InputDevice): string[] {
  const usable = maxInputChannels > 0;
  const format = usable ? [String(maxInputChannels), `${defaultSampleRate} Hz`] : ['-', 'not now'];
  return [isDefault ? '*' : ' ', String(index), printable(name), ...format, printable(id)];
}

function pad(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(columns - columnsOf(text));
  return right ? space + text : text + space;
}

import { inspectAudio } from '../../audio/childRecorder.ts';
import { recorderFailure } from '../../audio/recorder.ts';
import type { InputDevice } from '../../audio/recorder.ts';
import { columnsOf } from '../../captions/columnsOf.ts';
import { printable } from '../terminal/printable.ts';

/** Prints the input devices. Having none is not a failure; a line on stderr says what to do. */
export async function listDevices(json: boolean): Promise<void> {
  const found = await inputDevices();
  if (json) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  else process.stdout.write(table(found));
  if (!found.some(({ maxInputChannels }) => maxInputChannels > 0)) {
    process.stderr.write(
      'rxscribe: no input device found; connect a microphone, and check that the sound server runs\n',
    );
  }
}

async function inputDevices(): Promise<readonly InputDevice[]> {
  try {
    return (await inspectAudio()).devices;
  } catch (error) {
    throw recorderFailure(error);
  }
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

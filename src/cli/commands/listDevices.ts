import type { MicrophoneInfo } from 'decibri';
import { loadDecibri } from '../../audio/loadDecibri.ts';
import { recorderFailure } from '../../audio/recorder.ts';
import { columnsOf } from '../../captions/columnsOf.ts';
import { printable } from '../terminal/printable.ts';

/** Prints the input devices. That there are none is an answer too: it is told on stderr, and is no failure. */
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

async function inputDevices(): Promise<readonly MicrophoneInfo[]> {
  const { Microphone } = await loadDecibri('microphone');
  try {
    return Microphone.devices();
  } catch (error) {
    throw recorderFailure(error);
  }
}

const HEAD = ['', '#', 'name', 'channels', 'rate', 'id'];

/** One line per device under a head, in columns; `*` marks the default. */
export function table(devices: readonly MicrophoneInfo[]): string {
  if (devices.length === 0) return '';
  const rows = [HEAD, ...devices.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => padded(cell, widths[column] ?? 0, RIGHT.has(HEAD[column] ?? ''))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** The columns of numbers. */
const RIGHT = new Set(['#', 'channels', 'rate']);

function cells({ index, name, id, maxInputChannels, defaultSampleRate, isDefault }: MicrophoneInfo): string[] {
  const usable = maxInputChannels > 0;
  const format = usable ? [String(maxInputChannels), `${defaultSampleRate} Hz`] : ['-', 'not now'];
  return [isDefault ? '*' : ' ', String(index), printable(name), ...format, printable(id)];
}

function padded(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(columns - columnsOf(text));
  return right ? space + text : text + space;
}

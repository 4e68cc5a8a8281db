import type { MicrophoneInfo } from 'decibri';
import { loadDecibri } from '../audio/decibri.ts';
import { recorderFailure } from '../audio/recorder.ts';
import { printable } from './printable.ts';

/** Prints the input devices. That there are none is an answer too: it is told on stderr, and is no failure. */
export async function listDevices(json: boolean): Promise<void> {
  const found = await inputDevices();
  if (json) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  else process.stdout.write(found.map((device) => `${describe(device)}\n`).join(''));
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

function describe({ index, name, id, maxInputChannels, defaultSampleRate, isDefault }: MicrophoneInfo): string {
  const format = maxInputChannels > 0 ? `${maxInputChannels} ch, ${defaultSampleRate} Hz` : 'not available now';
  return `${isDefault ? '*' : ' '}${String(index).padStart(3)}  ${printable(name)} (${format})  ${printable(id)}`;
}

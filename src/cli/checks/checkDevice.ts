import { matchingDevices } from '../../audio/chosenDevice.ts';
import { TranscriptionError } from '../../errors.ts';
import { deviceOption } from '../flags/deviceFlags.ts';
import { inputDevices } from './inputDevices.ts';

/**
 * Checks that an option names one input device, before anything is opened.
 *
 * @throws {TranscriptionError} of kind `microphone` that says how many devices it names.
 */
export async function checkDevice(device: number | string): Promise<void> {
  const matching = matchingDevices(await inputDevices(), deviceOption(device).device);
  if (matching.length === 1) return;
  const names = matching.map(({ name }) => name).join(', ');
  const found = matching.length === 0 ? 'no input device' : `${matching.length} input devices (${names})`;
  throw new TranscriptionError(
    'microphone',
    `microphone: ${found} found for --device ${JSON.stringify(device)}; choose one that rxscribe devices lists`,
  );
}

import type { InputDevice, RecorderOptions } from './recorder.ts';

/** The device that an option names, if it is clear which one: without an option the default device. */
export function chosenDevice(
  devices: readonly InputDevice[],
  option: RecorderOptions['device'],
): InputDevice | undefined {
  const [first, ...others] = matchingDevices(devices, option);
  return others.length === 0 ? first : undefined;
}

/**
 * All devices that fit an option: an index, a part of a name, or an id. The same microphone is listed by ALSA and by the
 * sound server, so a part of a name may fit one of each; then it is the one of ALSA.
 */
export function matchingDevices(devices: readonly InputDevice[], option: RecorderOptions['device']): InputDevice[] {
  if (option === undefined) return devices.filter(({ isDefault }) => isDefault);
  if (typeof option === 'number') return devices.filter(({ index }) => index === option);
  if (typeof option === 'object') return devices.filter(({ id }) => id === option.id);
  const part = option.toLowerCase();
  const matching = devices.filter(({ name }) => name.toLowerCase().includes(part));
  const groups = [matching.filter((device) => !isSource(device)), matching.filter(isSource)];
  return groups.find(({ length }) => length === 1) ?? matching;
}

function isSource({ id }: InputDevice): boolean {
  return id.startsWith('pulse:');
}

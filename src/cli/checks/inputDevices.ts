import { inspectAudio } from '../../audio/childRecorder.ts';
import { recorderFailure } from '../../audio/recorder.ts';
import type { InputDevice } from '../../audio/recorder.ts';

/** Lists the input devices. */
export async function inputDevices(): Promise<readonly InputDevice[]> {
  try {
    return (await inspectAudio()).devices;
  } catch (error) {
    throw recorderFailure(error);
  }
}

/** Whether a device can be opened now: others report no channels, and ALSA's `null` only returns zeros. */
export function canOpen({ maxInputChannels, id }: InputDevice): boolean {
  return maxInputChannels > 0 && id !== 'alsa:null';
}

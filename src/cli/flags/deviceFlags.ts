import { COMMON } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

/** The flag of every command that opens a microphone. */
export interface DeviceFlags extends CommonFlags {
  readonly device?: number | string;
}

export const DEVICE: Declarations<DeviceFlags> = {
  device: {
    type: 'string',
    requiresArg: true,
    coerce: (device: string) => (/^\d+$/.test(device) ? Number(device) : device),
    describe: 'Index, part of the name, or id of the microphone, as rxscribe devices shows them',
  },
  ...COMMON,
};

/** The device as decibri names it. */
export function deviceOption(device: number | string | undefined): { device?: number | string | { id: string } } {
  if (device === undefined) return {};
  return { device: isId(device) ? { id: device } : device };
}

/** The ids of devices begin with the name of the system's sound interface. */
function isId(device: number | string): device is string {
  return typeof device === 'string' && /^(alsa|coreaudio|wasapi):/.test(device);
}

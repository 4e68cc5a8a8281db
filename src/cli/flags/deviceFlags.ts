import { COMMON, inGroup } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

/** The flags of every command that opens a microphone. */
export interface DeviceFlags extends CommonFlags {
  readonly device?: number | string;
}

export const DEVICE: Declarations<DeviceFlags> = {
  ...inGroup<Pick<DeviceFlags, 'device'>>('Microphone:', {
    device: {
      type: 'string',
      requiresArg: true,
      coerce: (device: string) => (/^\d+$/.test(device) ? Number(device) : device),
      describe: 'The device: its index, part of its name, or its id, as listed by rxscribe devices',
    },
  }),
  ...COMMON,
};

/** The device as an option of decibri. */
export function deviceOption(device: number | string | undefined): { device?: number | string | { id: string } } {
  if (device === undefined) return {};
  return { device: isId(device) ? { id: device } : device };
}

/** Ids start with the name of the sound system. */
function isId(device: number | string): device is string {
  return typeof device === 'string' && /^(alsa|pulse|coreaudio|wasapi):/.test(device);
}

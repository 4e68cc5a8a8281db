import type { CommonFlags, Declarations } from './declareFlags.ts';
import { DEVICE } from './deviceFlags.ts';
import type { DeviceFlags } from './deviceFlags.ts';
import { SERVICE } from './serviceFlags.ts';
import type { ServiceFlags } from './serviceFlags.ts';

export interface DoctorFlags extends CommonFlags, DeviceFlags, Pick<ServiceFlags, 'url' | 'region'> {
  readonly json: boolean;
}

export const DOCTOR: Declarations<DoctorFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the findings as JSON' },
  ...DEVICE,
  url: SERVICE.url,
  region: SERVICE.region,
};

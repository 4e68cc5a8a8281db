import type { CommonFlags, Declarations } from './declareFlags.ts';
import { DEVICE } from './deviceFlags.ts';
import type { DeviceFlags } from './deviceFlags.ts';
import { LOCAL } from './localFlags.ts';
import type { LocalFlags } from './localFlags.ts';
import { SERVICE } from './serviceFlags.ts';
import type { ServiceFlags } from './serviceFlags.ts';

export interface DoctorFlags extends CommonFlags, DeviceFlags, LocalFlags, Pick<ServiceFlags, 'url' | 'region'> {
  readonly json: boolean;
}

export const DOCTOR: Declarations<DoctorFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the findings as JSON' },
  ...DEVICE,
  ...LOCAL,
  url: SERVICE.url,
  region: SERVICE.region,
};

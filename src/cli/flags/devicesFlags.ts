import { COMMON } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

export interface DevicesFlags extends CommonFlags {
  readonly json: boolean;
  readonly all: boolean;
}

export const DEVICES: Declarations<DevicesFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the list as JSON' },
  all: { type: 'boolean', default: false, describe: 'Also list devices that cannot be opened now' },
  ...COMMON,
};

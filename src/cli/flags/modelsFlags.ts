import { COMMON } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';

export interface ModelsFlags extends CommonFlags {
  readonly json: boolean;
}

export const MODELS: Declarations<ModelsFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the list as JSON' },
  ...COMMON,
};

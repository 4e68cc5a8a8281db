import { COMMON, declareFlags } from '../flags/declareFlags.ts';
import type { Command, CommonFlags, Declarations } from '../flags/declareFlags.ts';

interface DevicesFlags extends CommonFlags {
  readonly json: boolean;
}

const FLAGS: Declarations<DevicesFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the list as JSON' },
  ...COMMON,
};

/** `rxscribe devices`: lists the values of `--device`. */
export const devices: Command<DevicesFlags> = {
  builder: (command) =>
    declareFlags<DevicesFlags>(command, FLAGS)
      .example('$0 devices', 'index, name and id of each; * is the default')
      .example("$0 devices --json | jq '.[].name'", 'for another program'),
  handler: async ({ json }) => {
    const { listDevices } = await import('./listDevices.ts');
    await listDevices(json);
  },
};

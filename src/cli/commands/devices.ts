import { declareFlags } from '../flags/declareFlags.ts';
import type { Command } from '../flags/declareFlags.ts';
import { DEVICES } from '../flags/devicesFlags.ts';
import type { DevicesFlags } from '../flags/devicesFlags.ts';

/** `rxscribe devices`: lists the values of `--device`. */
export const devices: Command<DevicesFlags> = {
  builder: (command) =>
    declareFlags<DevicesFlags>(command, DEVICES)
      .example('$0 devices', 'index, name and id of each; * is the default')
      .example("$0 devices --json | jq '.[].name'", 'for another program'),
  handler: async (flags) => {
    const { listDevices } = await import('./listDevices.ts');
    await listDevices(flags);
  },
};

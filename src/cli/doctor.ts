import { declare } from './flags.ts';
import type { Command, CommonFlags, Declarations } from './flags.ts';
import { DEVICE } from './deviceFlags.ts';
import type { DeviceFlags } from './deviceFlags.ts';
import { SERVICE } from './serviceFlags.ts';
import type { ServiceFlags } from './serviceFlags.ts';

/** What `rxscribe doctor` is asked for. */
export interface DoctorFlags extends CommonFlags, DeviceFlags, Pick<ServiceFlags, 'url' | 'region'> {
  readonly json: boolean;
}

const FLAGS: Declarations<DoctorFlags> = {
  json: { type: 'boolean', default: false, describe: 'Print the findings as JSON' },
  ...DEVICE,
  url: SERVICE.url,
  region: SERVICE.region,
};

/** `rxscribe doctor`: what keeps this machine from transcribing. */
export const doctor: Command<DoctorFlags> = {
  builder: (command) =>
    declare<DoctorFlags>(command, FLAGS)
      .example('$0 doctor', 'one line per check: ok, or what to do; exit code 0 when nothing is wrong')
      .example("$0 doctor --json | jq '.[] | select(.ok | not)'", 'for another program'),
  handler: async (flags) => {
    const { examine } = await import('./examine.ts');
    process.exitCode = (await examine(flags)) ? 0 : 1;
  },
};

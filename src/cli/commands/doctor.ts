import { declare } from '../flags/declareFlags.ts';
import type { Command, CommonFlags, Declarations } from '../flags/declareFlags.ts';
import { DEVICE } from '../flags/deviceFlags.ts';
import type { DeviceFlags } from '../flags/deviceFlags.ts';
import { SERVICE } from '../flags/serviceFlags.ts';
import type { ServiceFlags } from '../flags/serviceFlags.ts';

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
    const { examine } = await import('../checks/runChecks.ts');
    process.exitCode = (await examine(flags)) ? 0 : 1;
  },
};

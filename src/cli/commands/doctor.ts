import { declareFlags } from '../flags/declareFlags.ts';
import type { Command } from '../flags/declareFlags.ts';
import { DOCTOR } from '../flags/doctorFlags.ts';
import type { DoctorFlags } from '../flags/doctorFlags.ts';

/** `rxscribe doctor`: finds what prevents this machine from transcribing. */
export const doctor: Command<DoctorFlags> = {
  builder: (command) =>
    declareFlags<DoctorFlags>(command, DOCTOR)
      .example('$0 doctor', 'one line per check; exit code 0 if all are ok')
      .example('$0 doctor --local', 'the model on this device, and how fast it is')
      .example("$0 doctor --json | jq '.[] | select(.ok | not)'", 'for another program'),
  handler: async (flags) => {
    const { runChecks } = await import('../checks/runChecks.ts');
    process.exitCode = (await runChecks(flags)) ? 0 : 1;
  },
};

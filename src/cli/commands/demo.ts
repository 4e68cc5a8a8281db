import { declare } from '../flags/declareFlags.ts';
import type { Command, Declarations } from '../flags/declareFlags.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { SPEED } from '../flags/speedFlags.ts';
import type { SpeedFlags } from '../flags/speedFlags.ts';

/** What `rxscribe demo` is asked for. */
export interface DemoFlags extends SpeedFlags, OutputFlags {}

const FLAGS: Declarations<DemoFlags> = { ...SPEED, ...OUTPUT };

/** `rxscribe demo`: the whole pipeline with nothing but this package. */
export const demo: Command<DemoFlags> = {
  builder: (command) =>
    declare<DemoFlags>(command, FLAGS)
      .example('$0 demo', '25 seconds, as they were spoken')
      .example('$0 demo --captions', 'on a page of live captions, too')
      .example('$0 demo --speed max --format ndjson', 'every event at once'),
  handler: async (flags) => {
    const { runDemo } = await import('./runDemo.ts');
    process.exitCode = await runDemo(flags);
  },
};

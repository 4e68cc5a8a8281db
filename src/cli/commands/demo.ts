import { declareFlags } from '../flags/declareFlags.ts';
import type { Command } from '../flags/declareFlags.ts';
import { DEMO } from '../flags/demoFlags.ts';
import type { DemoFlags } from '../flags/demoFlags.ts';

/** `rxscribe demo`: the whole pipeline with nothing but this package. */
export const demo: Command<DemoFlags> = {
  builder: (command) =>
    declareFlags<DemoFlags>(command, DEMO)
      .example('$0 demo', '25 seconds, in real time')
      .example('$0 demo --local', 'with the recognition of a model on this device')
      .example('$0 demo --captions', 'also on a page of live captions')
      .example('$0 demo --speed max --format ndjson', 'every event immediately'),
  handler: async (flags) => {
    const { runDemo } = await import('./runDemo.ts');
    process.exitCode = await runDemo(flags);
  },
};

import { declareFlags } from '../flags/declareFlags.ts';
import type { Command } from '../flags/declareFlags.ts';
import { SERVE } from '../flags/serveFlags.ts';
import type { ServeFlags } from '../flags/serveFlags.ts';

/** `rxscribe serve`: the local service, until Ctrl-C. */
export const serve: Command<ServeFlags> = {
  builder: (command) =>
    declareFlags<ServeFlags>(command, SERVE)
      .example('$0 serve --port 8443', 'the first line is JSON: address, CA file and key')
      .example('$0 serve --recording talk.wav --words talk.json', 'recognise your own recording')
      .example('$0 serve --local', 'any client works without a network: a model on this device recognises')
      .example(`$0 serve --faults '[{"atMs":8000,"fault":"reset"}]'`, 'break the connection after 8 s of audio'),
  handler: async (flags) => {
    const { runServe } = await import('./runServe.ts');
    await runServe(flags);
  },
};

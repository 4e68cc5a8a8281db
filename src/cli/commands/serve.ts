import { COMMON, declare, number } from '../flags/declareFlags.ts';
import type { Command, CommonFlags, Declarations } from '../flags/declareFlags.ts';

/** What `rxscribe serve` is asked for. */
export interface ServeFlags extends CommonFlags {
  readonly port: number;
  readonly recording?: readonly string[];
  readonly words?: readonly string[];
  readonly faults?: string;
}

const FLAGS: Declarations<ServeFlags> = {
  port: {
    requiresArg: true,
    default: 0,
    coerce: number('port'),
    describe: 'TCP port on localhost; 0 takes a free one',
  },
  recording: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'A recording to recognise, WAV, 16-bit mono, instead of the bundled one; may be repeated',
  },
  words: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Its words, JSON: { "words": [{ "text", "start", "end" }] } in milliseconds; one for each --recording',
  },
  faults: {
    type: 'string',
    requiresArg: true,
    describe: 'What goes wrong, and when: JSON, or a file of it: [{ "atMs", "fault" }] or { "seed", "perMinute" }',
  },
  ...COMMON,
};

/** `rxscribe serve`: the local service, until Ctrl-C. */
export const serve: Command<ServeFlags> = {
  builder: (command) =>
    declare<ServeFlags>(command, FLAGS)
      .example('$0 serve --port 8443', 'the first line says the address, the CA file and the key')
      .example('$0 serve --recording talk.wav --words talk.json', 'answer with your own words')
      .example(`$0 serve --faults '[{"atMs":8000,"fault":"reset"}]'`, 'break the connection after 8 s of audio'),
  handler: async (flags) => {
    const { serveUntilStopped } = await import('./runServe.ts');
    await serveUntilStopped(flags);
  },
};

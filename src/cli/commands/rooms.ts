import type { CommonFlags, Command } from '../flags/declareFlags.ts';
import { COMMON, declareFlags } from '../flags/declareFlags.ts';
import { NATS, PUBLISH, ROOMS_DEMO, SETUP, WATCH, WORK } from '../flags/roomsFlags.ts';
import type {
  NatsFlags,
  PublishFlags,
  RoomsDemoFlags,
  SetupFlags,
  WatchFlags,
  WorkFlags,
} from '../flags/roomsFlags.ts';
import { UsageError } from '../usageError.ts';
import { recording, standardInput } from './file.ts';
import { recorderOptions } from './listen.ts';

const ROOM = { type: 'string', demandOption: true, describe: 'Name of the room: letters, digits, - and _' } as const;

/** `rxscribe rooms`: transcription of many rooms on many machines. */
export const rooms: Command<CommonFlags> = {
  builder: (command) =>
    declareFlags<CommonFlags>(command, COMMON)
      .command(
        'setup',
        'Prepare a NATS server for rooms, or change their limits',
        (argv) => declareFlags<SetupFlags>(argv, SETUP),
        async (flags) => (await import('../rooms/setup.ts')).setup(flags),
      )
      .command(
        'publish <room> [source]',
        'Publish the microphone, a recording, or - for stdin as a room',
        (argv) =>
          declareFlags<PublishFlags>(argv, PUBLISH)
            .nargs('source', 1) // otherwise yargs parses - as an option
            .positional('room', ROOM)
            .positional('source', {
              type: 'string',
              describe: 'A recording, or - for stdin; without it the microphone',
            }),
        async (flags) => {
          const { publish } = await import('../rooms/publish.ts');
          await publish(flags, await sourceOf(flags));
        },
      )
      .command(
        'work',
        'Transcribe rooms until Ctrl-C, which hands them over to other workers',
        (argv) => declareFlags<WorkFlags>(argv, WORK),
        async (flags) => (await import('../rooms/work.ts')).work(flags),
      )
      .command(
        'watch <room>',
        'Print the finals of a room from its start, until it is done',
        (argv) => declareFlags<WatchFlags>(argv, WATCH).positional('room', ROOM),
        async (flags) => (await import('../rooms/watch.ts')).watch(flags),
      )
      .command(
        'end <room>',
        'End a room whose edge will not come back',
        (argv) => declareFlags<NatsFlags>(argv, NATS).positional('room', ROOM),
        async (flags) => (await import('../rooms/end.ts')).end(flags),
      )
      .command(
        'list',
        'List the rooms, and which worker has them',
        (argv) => declareFlags<NatsFlags>(argv, NATS),
        async (flags) => (await import('../rooms/list.ts')).list(flags),
      )
      .command(
        'demo',
        'Kill a worker of several rooms, and show that nothing is missing',
        (argv) => declareFlags<RoomsDemoFlags>(argv, ROOMS_DEMO),
        async (flags) => (await import('../rooms/demo.ts')).demo(flags),
      )
      .example('$0 rooms setup', 'once, on a server started with nats-server -js')
      .example('$0 rooms work', 'on each machine that transcribes')
      .example('$0 rooms publish hall-1', 'the microphone of this machine')
      .example('$0 rooms watch hall-1 --captions', 'its finals, and a page of captions'),
  handler: async () => {
    throw new UsageError(
      'rooms needs one of setup, publish, work, watch, end, list and demo; see rxscribe rooms --help',
    );
  },
};

async function sourceOf(flags: PublishFlags & { readonly source: string | undefined }): ReturnType<typeof recording> {
  const { source: path } = flags;
  if (path === '-') return standardInput(flags);
  if (path !== undefined) return recording({ ...flags, path });
  const { microphone } = await import('../../audio/microphone.ts');
  return ({ stop, note }) => microphone({ ...recorderOptions(flags, note), stop });
}

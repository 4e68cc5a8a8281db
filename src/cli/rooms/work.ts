import { serveRooms } from '../../rooms/serveRooms.ts';
import { transcribe } from '../../streaming/transcribe.ts';
import { asUsageError } from '../flags/asUsageError.ts';
import type { WorkFlags } from '../flags/roomsFlags.ts';
import { checkKeyIsSet, transcribeOptions } from '../flags/transcribeOptions.ts';
import { handleSignals } from '../signals.ts';
import { connectNats } from './connect.ts';
import { note } from './note.ts';

/** The rate that options are checked with; each room has its own. */
const SAMPLE_RATE = 16_000;

/** `rxscribe rooms work`: transcribes rooms until Ctrl-C or SIGTERM, which hand them over to other workers. */
export async function work(flags: WorkFlags): Promise<void> {
  const { slots, name, metrics } = flags;
  const options = transcribeOptions({ ...flags, sampleRate: SAMPLE_RATE });
  asUsageError(() => transcribe(options));
  checkKeyIsSet();
  const nc = await connectNats(flags, 'work');
  const { stop, release } = handleSignals(
    () => undefined,
    () => undefined,
  );
  try {
    const worker$ = asUsageError(() =>
      serveRooms(nc, {
        slots,
        ...(name !== undefined && { name }),
        stop,
        transcribe: () => options,
        onError: (error, room) => note(`room ${room}: ${error instanceof Error ? error.message : String(error)}`),
      }),
    );
    note(`ready for ${slots} rooms; Ctrl-C hands them over`);
    let latest = 0;
    let done = 0;
    await worker$.forEach((now) => {
      if (metrics) process.stdout.write(`${JSON.stringify(now)}\n`);
      else if (now.rooms !== latest || now.done !== done) note(`${now.rooms} rooms now, ${now.done} done`);
      [latest, done] = [now.rooms, now.done];
    });
  } finally {
    release();
    await nc.close();
  }
}

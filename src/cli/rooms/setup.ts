import { setUpRooms } from '../../rooms/setUpRooms.ts';
import type { SetUpRoomsOptions } from '../../rooms/setUpRooms.ts';
import type { SetupFlags } from '../flags/roomsFlags.ts';
import { UsageError } from '../usageError.ts';
import { connectNats } from './connect.ts';
import { note } from './note.ts';

/** `rxscribe rooms setup`: creates the streams, or changes their limits. */
export async function setup(flags: SetupFlags): Promise<void> {
  const { replicas, tapeMinutes, logDays, maxRooms, newSessions, leaseSeconds } = flags;
  const nc = await connectNats(flags, 'setup');
  try {
    await setUpRooms(nc, {
      tapeLength: tapeMinutes * 60_000,
      maxRooms,
      lease: leaseSeconds * 1000,
      ...(replicas !== undefined && { replicas: replicas as NonNullable<SetUpRoomsOptions['replicas']> }),
      ...(logDays !== undefined && { logLength: logDays * 86_400_000 }),
      ...(newSessions !== undefined && { newSessionsPerMinute: newSessions }),
    });
    note(`ready: at most ${maxRooms} rooms at once, ${tapeMinutes} minutes of tape`);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  } finally {
    await nc.close();
  }
}

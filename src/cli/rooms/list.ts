import { listRooms } from '../../rooms/listRooms.ts';
import type { NatsFlags } from '../flags/roomsFlags.ts';
import { connectNats } from './connect.ts';

/** `rxscribe rooms list`: one room a line, tab-separated: name, state, position, gaps, number of takes, worker. */
export async function list(flags: NatsFlags): Promise<void> {
  const nc = await connectNats(flags, 'list');
  try {
    for (const { room, state, positionMs, gapMs, takes, worker = '-' } of await listRooms(nc)) {
      const columns = [
        room,
        state,
        `${seconds(positionMs)} s`,
        `${seconds(gapMs)} s in gaps`,
        `taken ${takes}x`,
        worker,
      ];
      process.stdout.write(`${columns.join('\t')}\n`);
    }
  } finally {
    await nc.close();
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

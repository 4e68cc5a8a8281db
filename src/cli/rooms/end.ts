import { EMPTY, lastValueFrom } from 'rxjs';
import { bytesToMs } from '../../audio/pcm.ts';
import { openBroker } from '../../rooms/nats.ts';
import { checkRoom } from '../../rooms/protocol.ts';
import { publishRoom } from '../../rooms/publishRoom.ts';
import { readTail } from '../../rooms/roomTail.ts';
import { asUsageError } from '../flags/asUsageError.ts';
import type { NatsFlags } from '../flags/roomsFlags.ts';
import { connectNats } from './connect.ts';

/** The rate of the positions; only their order matters here. */
const FORMAT = { sampleRate: 16_000 } as const;

/** `rxscribe rooms end`: ends a room whose edge will not come back, where its audio ends. */
export async function end(flags: NatsFlags & { readonly room: string }): Promise<void> {
  const { room } = flags;
  asUsageError(() => checkRoom(room));
  const nc = await connectNats(flags, `end ${room}`);
  try {
    const tail = await readTail(await openBroker(nc), room, FORMAT);
    if (tail.origin === undefined && !tail.hasEnded) throw new Error(`room ${room} has no audio`);
    await lastValueFrom(EMPTY.pipe(publishRoom(nc, room, { startMs: bytesToMs(tail.end, FORMAT) })));
  } finally {
    await nc.close();
  }
}

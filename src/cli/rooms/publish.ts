import { resolve } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { last, lastValueFrom, tap } from 'rxjs';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import { bytesToMs, frameBytes } from '../../audio/pcm.ts';
import { openBroker } from '../../rooms/nats.ts';
import { publishRoom } from '../../rooms/publishRoom.ts';
import type { PublishedAudio } from '../../rooms/publishRoom.ts';
import { checkRoom } from '../../rooms/protocol.ts';
import { readTail } from '../../rooms/roomTail.ts';
import { asUsageError } from '../flags/asUsageError.ts';
import type { PublishFlags } from '../flags/roomsFlags.ts';
import { handleSignals } from '../signals.ts';
import type { CreateSource } from '../sourcePlan.ts';
import { connectNats } from './connect.ts';
import { note } from './note.ts';

/** Duration of one message, in milliseconds. */
const FRAME_MS = 100;
/** Audio that may wait before that is reported, in milliseconds. */
const WAITING_MS = 3000;
/** The most audio in the folder of `--spool`, and in memory, in milliseconds. */
const SPOOL_MS = 3_600_000;
const MEMORY_MS = 600_000;

/**
 * `rxscribe rooms publish`: the edge of a room. Ctrl-C and the end of the source end the room; SIGTERM leaves it open, for the
 * process that replaces this one.
 */
export async function publish(
  flags: PublishFlags & { readonly room: string; readonly source?: string | undefined },
  createSource: CreateSource,
): Promise<void> {
  const { room, source, spool, sampleRate } = flags;
  asUsageError(() => checkRoom(room));
  const nc = await connectNats(flags, `publish ${room}`);
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGTERM', interrupt);
  const { stop, release } = handleSignals(
    () => undefined,
    () => undefined,
  );
  try {
    const isRecording = source !== undefined && source !== '-';
    const startMs = isRecording ? await storedMs(nc, room, sampleRate) : undefined;
    const audio$ = createSource({ stop, note, ...(startMs !== undefined && { startMs }) });
    note(`room ${room}: publishing${isRecording ? ` ${resolve(source)}` : ''}; Ctrl-C ends the room`);
    const published$ = audio$.pipe(
      bufferBytes(frameBytes(FRAME_MS, { sampleRate }), { padTail: true }),
      publishRoom(nc, room, {
        sampleRate,
        ...(startMs !== undefined && { startMs }),
        ...(spool !== undefined && { spool }),
        spoolLength: spool === undefined ? MEMORY_MS : SPOOL_MS,
        isInterrupted: () => isInterrupted,
      }),
      tap(reportWaiting(room)),
      last(undefined, undefined),
    );
    const published = await lastValueFrom(published$);
    if (!published && !isInterrupted) throw new Error('the source contains no audio');
    const { storedMs: endMs, droppedMs } = published ?? { storedMs: startMs ?? 0, droppedMs: 0 };
    const dropped = droppedMs > 0 ? `, ${seconds(droppedMs)} lost` : '';
    note(`room ${room}: ${isInterrupted ? 'left open' : 'ended'} at ${seconds(endMs)}${dropped}`);
    if (droppedMs > 0) process.exitCode = 1;
  } finally {
    release();
    process.off('SIGTERM', interrupt);
    await nc.close();
  }
}

/** Where a recording continues, in milliseconds. */
async function storedMs(nc: NatsConnection, room: string, sampleRate: number): Promise<number> {
  const { end } = await readTail(await openBroker(nc), room, { sampleRate });
  return bytesToMs(end, { sampleRate });
}

/** Reports once that audio waits, and once that it was stored. */
function reportWaiting(room: string): (published: PublishedAudio) => void {
  let waits = false;
  return ({ waitingMs }) => {
    if (waits === waitingMs > WAITING_MS) return;
    waits = waitingMs > WAITING_MS;
    note(`room ${room}: ${waits ? 'the broker does not answer; audio waits' : 'the audio that waited is stored'}`);
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

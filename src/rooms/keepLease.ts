import type { JsMsg } from '@nats-io/jetstream';
import { monotonicNow } from '../monotonicNow.ts';
import type { RoomLog } from './roomLog.ts';

const HEARTBEAT_MS = 1000;

/**
 * Reports to the queue each second that the room is held. A process that slept for longer than the lease reads the log first,
 * because its heartbeat would extend the lease of the worker that has the room now.
 *
 * @param lease In milliseconds.
 * @returns Stops the heartbeats.
 */
export function keepLease(job: JsMsg, log: RoomLog, lease: number, onLost: () => void): () => void {
  let beatAt = monotonicNow();
  const beat = async (): Promise<void> => {
    const hasSlept = monotonicNow() - beatAt > lease;
    beatAt = monotonicNow();
    if (hasSlept && (await log.last())?.epoch !== log.epoch) {
      if (log.isClosed) return;
      log.abandon();
      onLost();
    } else if (!log.isClosed) job.working();
  };
  const timer = setInterval(() => {
    beat().catch(() => undefined); // without a connection nothing can be reported
  }, HEARTBEAT_MS);
  return () => clearInterval(timer);
}

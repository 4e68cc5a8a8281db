import type { TranscriptionEvent } from '../../../operators/events.ts';
import { formatTime } from './formatTime.ts';
import { printable } from './printable.ts';

/** How often a failing connection is reported while its reason stays the same, in milliseconds. */
const REPEAT_MS = 60_000;

/**
 * Returns a function that describes an event in one line, or returns `undefined` if it does not concern the user.
 *
 * @param hasStatus Whether a status line already shows that there is no speech.
 */
export function eventNotices(hasStatus = true): (event: TranscriptionEvent) => string | undefined {
  let disconnectedAt: number | undefined;
  let begun = false;
  let runsOn: 'service' | 'device' = 'service';
  let latest = { reason: '', at: -Infinity };
  return (event) => {
    switch (event.type) {
      case 'Warning':
        return `warning: ${printable(event.warning)}`;
      case 'Reconnecting': {
        const now = performance.now();
        disconnectedAt ??= now;
        if (event.attempt > 1 && event.reason === latest.reason && now - latest.at < REPEAT_MS) return undefined;
        latest = { reason: event.reason, at: now };
        const reason = printable(event.reason);
        return begun
          ? `reconnecting in ${seconds(event.delayMs)}, ${seconds(event.replayMs)} of audio to send again: ${reason}`
          : `cannot connect, trying again: ${reason}`;
      }
      case 'Suspended':
        return hasStatus ? undefined : `waiting for speech since ${formatTime(event.atMs)}; no session is open`;
      case 'AudioGap':
        // without any session the error that follows explains the gap
        return begun
          ? `not transcribed: ${seconds(event.startMs)} to ${seconds(event.endMs)} (${event.reason})`
          : undefined;
      case 'Begin': {
        const outage = disconnectedAt === undefined ? undefined : performance.now() - disconnectedAt;
        const hasReturned = runsOn === 'device' && event.runsOn === 'service';
        const verb = event.runsOn === 'device' ? 'this device continues' : begun ? 'reconnected' : 'connected';
        disconnectedAt = undefined;
        begun = true;
        runsOn = event.runsOn ?? 'service';
        if (hasReturned) return 'the service recognises the speech again';
        return outage === undefined ? undefined : `${verb} after ${seconds(outage)}`;
      }
      default:
        return undefined;
    }
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

import type { TranscriptionEvent } from '../../../operators/events.ts';
import { printable } from './printable.ts';

/** Returns a function that describes an event in one line, or returns `undefined` if it does not concern the user. */
export function eventNotices(): (event: TranscriptionEvent) => string | undefined {
  let disconnectedAt: number | undefined;
  let begun = false;
  return (event) => {
    switch (event.type) {
      case 'Warning':
        return `warning: ${printable(event.warning)}`;
      case 'Reconnecting':
        disconnectedAt ??= performance.now();
        return `reconnecting in ${seconds(event.delayMs)}, ${seconds(event.replayMs)} of audio to send again: ${printable(event.reason)}`;
      case 'AudioGap':
        // without any session the error that follows explains the gap
        return begun
          ? `not transcribed: ${seconds(event.startMs)} to ${seconds(event.endMs)} (${event.reason})`
          : undefined;
      case 'Begin': {
        const outage = disconnectedAt === undefined ? undefined : performance.now() - disconnectedAt;
        disconnectedAt = undefined;
        begun = true;
        return outage === undefined ? undefined : `reconnected after ${seconds(outage)}`;
      }
      default:
        return undefined;
    }
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

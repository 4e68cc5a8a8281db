import type { TranscriptionEvent } from '../../../operators/events.ts';
import { printable } from './printable.ts';

/** Makes a function that tells what a person should know of an event, in one line, or `undefined` where that is nothing. */
export function notices(): (event: TranscriptionEvent) => string | undefined {
  let lostAt: number | undefined;
  let begun = false;
  return (event) => {
    switch (event.type) {
      case 'Warning':
        return `warning: ${printable(event.warning)}`;
      case 'Reconnecting':
        lostAt ??= performance.now();
        return `reconnecting in ${seconds(event.delayMs)}, ${seconds(event.replayMs)} of audio to send again: ${printable(event.reason)}`;
      case 'AudioGap':
        // a run that never began says why it did not; that it heard nothing goes without saying
        return begun
          ? `not transcribed: ${seconds(event.startMs)} to ${seconds(event.endMs)} (${event.reason})`
          : undefined;
      case 'Begin': {
        const outage = lostAt === undefined ? undefined : performance.now() - lostAt;
        lostAt = undefined;
        begun = true;
        return outage === undefined ? undefined : `connected again after ${seconds(outage)}`;
      }
      default:
        return undefined;
    }
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

import type { AudioPipeline } from './audioPipeline.ts';
import type { StreamFault } from './faults.ts';
import type { DueFault } from './faultSchedule.ts';
import type { SessionSocket } from './sessionSocket.ts';

/** The text of error 3005. */
export const CANCELLED = 'Session Cancelled: An error occurred';
const EXPIRED = 'Session Expired: Maximum session duration exceeded';

/** Applies a stream fault to this connection, now. */
export function applyFault(
  due: DueFault<StreamFault>,
  socket: SessionSocket,
  pipeline: AudioPipeline,
  duplicateNextFinal: () => void,
): void {
  const { fault, replace, count = 1 } = due;
  switch (fault) {
    case 'reset':
      return socket.reset();
    case 'close-1011':
      return socket.close(1011, '', 'fault');
    case 'close-3005':
      return socket.fail(3005, CANCELLED, 'fault');
    case 'close-silent':
      return socket.close(1000, '', 'fault');
    case 'error-open':
      return socket.fail(3005, CANCELLED, 'fault', true);
    case 'stall':
      return socket.stall();
    case 'deaf':
      return socket.deafen();
    case 'expire':
      return socket.fail(3008, EXPIRED, 'fault');
    case 'unknown-message':
      return socket.send([{ type: 'Weather', forecast: 'rain' }]);
    case 'non-json':
      return socket.sendRaw('this is not JSON');
    case 'binary':
      return socket.sendRaw(Uint8Array.of(0, 1, 2, 3));
    case 'warning':
      return socket.send([{ type: 'Warning', warning_code: 1, warning: 'an injected warning' }]);
    case 'odd-fields':
      return socket.rewriteNext(count, replace);
    case 'duplicate-final':
      return duplicateNextFinal();
    case 'empty-final':
      return socket.send(pipeline.emptyFinal());
    default:
      return fault satisfies never;
  }
}

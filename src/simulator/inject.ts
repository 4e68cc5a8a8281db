import type { StreamFault } from './faults.ts';
import type { Hearing } from './hearing.ts';
import type { Wire } from './wire.ts';

const CANCELLED = 'Session Cancelled: An error occurred';
const EXPIRED = 'Session Expired: Maximum session duration exceeded';

/** Makes a fault of the stream happen on this connection, now. */
export function inject(fault: StreamFault, wire: Wire, hearing: Hearing, doubleNextFinal: () => void): void {
  switch (fault) {
    case 'reset':
      return wire.reset();
    case 'close-1011':
      return wire.close(1011, '', 'fault');
    case 'close-3005':
      return wire.fail(3005, CANCELLED, 'fault');
    case 'close-silent':
      return wire.close(1000, '', 'fault');
    case 'error-open':
      return wire.fail(3005, CANCELLED, 'fault', true);
    case 'stall':
      return wire.stall();
    case 'expire':
      return wire.fail(3008, EXPIRED, 'fault');
    case 'unknown-message':
      return wire.send([{ type: 'Weather', forecast: 'rain' }]);
    case 'non-json':
      return wire.sendRaw('this is not JSON');
    case 'binary':
      return wire.sendRaw(Uint8Array.of(0, 1, 2, 3));
    case 'warning':
      return wire.send([{ type: 'Warning', warning_code: 1, warning: 'an injected warning' }]);
    case 'duplicate-final':
      return doubleNextFinal();
    case 'empty-final':
      return wire.send(hearing.tellNothing());
    default:
      return fault satisfies never;
  }
}

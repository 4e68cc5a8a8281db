import { defer, filter, map } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import type { SessionEvent } from '../streaming/message.ts';
import type { SessionSettings } from '../streaming/settings.ts';
import { sessionOver } from '../streaming/session.ts';
import { HeartbeatLink } from './heartbeatLink.ts';

/**
 * The session of a browser. It always requests heartbeats, which replace pings, but emits them only if the user requested
 * them with the option or later with `UpdateConfiguration`.
 */
export function browserSession(
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
): Observable<SessionEvent> {
  return defer(() => {
    let emitHeartbeats = settings.params.sessionHeartbeat === true;
    const keepHeartbeats = map((item: Uint8Array | ControlMessage) => {
      if (!('session_heartbeat' in item)) return item;
      emitHeartbeats = item.session_heartbeat ?? emitHeartbeats;
      return { ...item, session_heartbeat: true };
    });
    const params = { ...settings.params, sessionHeartbeat: true };
    return sessionOver((socket) => new HeartbeatLink(socket), input.pipe(keepHeartbeats), {
      ...settings,
      params,
    }).pipe(filter(({ type }) => emitHeartbeats || type !== 'Heartbeat'));
  });
}

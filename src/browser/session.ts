import { defer, filter, map } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import type { SessionEvent } from '../streaming/message.ts';
import type { SessionSettings } from '../streaming/options.ts';
import { sessionOver } from '../streaming/session.ts';
import { HeartbeatLink } from './heartbeatLink.ts';

/**
 * As the session of Node, for a browser: the service is always asked for heartbeats, which stand in for pings, and they are
 * told of only to whoever asked for them, by the option or later by `UpdateConfiguration`.
 */
export function browserSession(
  input: Observable<Uint8Array | ControlMessage>,
  settings: SessionSettings,
): Observable<SessionEvent> {
  return defer(() => {
    let wanted = settings.params.sessionHeartbeat === true;
    const withBeats = map((item: Uint8Array | ControlMessage) => {
      if (!('session_heartbeat' in item)) return item;
      wanted = item.session_heartbeat ?? wanted;
      return { ...item, session_heartbeat: true };
    });
    const params = { ...settings.params, sessionHeartbeat: true };
    return sessionOver((socket) => new HeartbeatLink(socket), input.pipe(withBeats), { ...settings, params }).pipe(
      filter(({ type }) => wanted || type !== 'Heartbeat'),
    );
  });
}

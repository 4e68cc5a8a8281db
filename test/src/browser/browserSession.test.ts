import { afterEach, describe, expect, it } from '@jest/globals';
import { NEVER, Subject, concat, from, lastValueFrom, of, toArray } from 'rxjs';
import type { ControlMessage } from '../../../operators/events.ts';
import { browserSession } from '../../../src/browser/browserSession.ts';
import { sessionSettings } from '../../../src/streaming/settings.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import type { SessionSettings } from '../../../src/streaming/settings.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { Connection, ScriptedService } from '../../support/scriptedService.ts';

const FRAME = new Uint8Array(3200);
const HEARTBEAT = {
  type: 'Heartbeat',
  total_audio_received_ms: 1,
  total_duration_ms: 1,
  realtime_factor: 1,
  max_speech_probability: 1,
};
const services: ScriptedService[] = [];

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

async function serve(
  script: (connection: Connection) => void,
  options: Partial<TranscribeOptions> = {},
): Promise<{ service: ScriptedService; settings: SessionSettings }> {
  const service = await scriptedService(script);
  services.push(service);
  const given = { token: 'a-token', speechModel: 'u3-rt-pro', sampleRate: 16_000 } as const;
  return { service, settings: sessionSettings({ ...given, websocketBaseUrl: service.url, ...options }) };
}

/** Accepts the session, sends one heartbeat, and another one on `Terminate`. */
function sendHeartbeats({ send, until, socket }: Connection): void {
  send(BEGIN);
  send(HEARTBEAT);
  void until(isTerminate).then(() => {
    send(HEARTBEAT);
    send(TERMINATION);
    socket.close(1000);
  });
}

/** The types of the events that a session emits for this input. */
async function typesOf(
  input: readonly (Uint8Array | ControlMessage)[],
  settings: SessionSettings,
): Promise<readonly string[]> {
  const events = await lastValueFrom(browserSession(from(input), settings).pipe(toArray()));
  return events.map(({ type }) => type);
}

describe('browserSession', () => {
  it.each([undefined, false])('requests heartbeats but does not emit them with sessionHeartbeat %s', async (option) => {
    const { service, settings } = await serve(sendHeartbeats, option === undefined ? {} : { sessionHeartbeat: option });

    expect(await typesOf([FRAME], settings)).toEqual(['Begin', 'Termination']);
    expect(service.connections[0]?.request.url).toContain('session_heartbeat=true');
  });

  it('emits heartbeats with sessionHeartbeat', async () => {
    const { settings } = await serve(sendHeartbeats, { sessionHeartbeat: true });

    expect(await typesOf([FRAME], settings)).toEqual(['Begin', 'Heartbeat', 'Heartbeat', 'Termination']);
  });

  it.each([
    [true, ['Begin', 'Heartbeat', 'Termination']],
    [false, ['Begin', 'Termination']],
  ])(
    'lets UpdateConfiguration change whether they are emitted, not whether they are sent: %s',
    async (enabled, types) => {
      const { service, settings } = await serve(
        (connection) => {
          connection.send(BEGIN);
          void connection.until(isTerminate).then(() => [HEARTBEAT, TERMINATION].forEach(connection.send));
        },
        { sessionHeartbeat: !enabled },
      );

      expect(
        await typesOf(
          [{ type: 'UpdateConfiguration', session_heartbeat: enabled, max_turn_silence: 900 }, FRAME],
          settings,
        ),
      ).toEqual(types);
      expect(service.connections[0]?.received[0]).toEqual({
        type: 'UpdateConfiguration',
        session_heartbeat: true,
        max_turn_silence: 900,
      });
    },
  );

  it('does not change an UpdateConfiguration without session_heartbeat', async () => {
    const { service, settings } = await serve(sendHeartbeats);

    await typesOf([{ type: 'UpdateConfiguration', max_turn_silence: 900 }], settings);

    expect(service.connections[0]?.received[0]).toEqual({ type: 'UpdateConfiguration', max_turn_silence: 900 });
  });

  it('closes the socket when it is unsubscribed, even while connecting', async () => {
    const connected = new Subject<Connection>();
    const { settings } = await serve((connection) => connected.next(connection));
    const subscription = browserSession(concat(of(FRAME), NEVER), settings).subscribe();

    const connection = await new Promise<Connection>((resolve) => connected.subscribe(resolve));
    subscription.unsubscribe();

    await connection.closed;
    expect(connection.received).toEqual([]);
  });
});

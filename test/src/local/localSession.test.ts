import { expect, it } from '@jest/globals';
import { NEVER, concat, of } from 'rxjs';
import type { ControlMessage } from '../../../operators/events.ts';
import type { EngineConfig, EngineInput } from '../../../src/local/engine/engineMessages.ts';
import { localSession } from '../../../src/local/localSession.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';

it('passes ForceEndpoint in its place, and warns of what the engine does not know', () => {
  const sent: EngineInput['type'][] = [];
  const settings = { engine: {} as EngineConfig, connectTimeout: 1000, stallTimeout: 1000 };
  const frame = new Uint8Array(3200);
  const controls: readonly ControlMessage[] = [
    { type: 'ForceEndpoint' },
    { type: 'UpdateConfiguration' },
    { type: 'KeepAlive' },
  ];
  const events: SessionEvent[] = [];
  const input$ = concat(of(frame, ...controls, frame), NEVER);
  localSession(input$, settings, () => ({
    listen: ({ onMessage }) => onMessage({ type: 'ready', build: 'native', loadMs: 0 }),
    send: ({ type }) => void sent.push(type),
    kill: () => undefined,
  }))
    .subscribe((event) => events.push(event))
    .unsubscribe();

  expect(sent).toEqual(['audio', 'forceEndpoint', 'audio']);
  expect(events).toEqual([
    expect.objectContaining({ type: 'Begin' }),
    expect.objectContaining({ type: 'Warning', warning: expect.stringMatching(/UpdateConfiguration was ignored/) }),
  ]);
});

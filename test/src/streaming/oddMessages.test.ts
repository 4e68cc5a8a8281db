import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lastValueFrom, of, toArray } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { goodFinal, oddFields } from '../../support/oddMessages.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { Connection, ScriptedService } from '../../support/scriptedService.ts';

const FIELDS = oddFields();

/** Sends the odd messages of the field that the address names, between two good turns. */
function script({ send, until, socket, request }: Connection): void {
  const index = Number(new URL(request.url ?? '', 'wss://localhost').searchParams.get('case'));
  send(BEGIN);
  void until(isTerminate).then(() => {
    send(goodFinal(0, 'First.', 0));
    for (const { json } of FIELDS[index]?.messages ?? []) socket.send(json);
    send(goodFinal(99, 'Last.', 20_000));
    send(TERMINATION);
    socket.close(1000, 'Session Ended');
  });
}

describe('an odd message', () => {
  let service: ScriptedService;

  beforeAll(async () => {
    service = await scriptedService(script);
  });

  afterAll(() => service.close());

  function eventsFor(index: number): Promise<TranscriptionEvent[]> {
    const options = { apiKey: 'key', speechModel: 'universal-3-6-pro', sampleRate: 16_000, reconnect: false } as const;
    const address = { websocketBaseUrl: service.url, extraParams: { case: index } };
    return lastValueFrom(of(new Uint8Array(3200)).pipe(transcribe({ ...options, ...address }), toArray()));
  }

  it.each(FIELDS.map(({ name }, index) => [name, index] as const))(
    'with odd values of %s ends nothing, loses no text, and leaves no invalid time or label',
    async (_, index) => {
      const events = await eventsFor(index);
      const finals = events.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
      const texts = FIELDS[index]?.messages.flatMap((message) => message.texts) ?? [];

      expect(finals.map(({ transcript }) => transcript)).toEqual(['First.', ...texts, 'Last.']);
      expect(finals.flatMap(invalidFields)).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
      expect(() => JSON.stringify(events)).not.toThrow();
    },
  );
});

/** The fields of a turn that a consumer cannot rely on. */
function invalidFields(turn: FinalTurn): string[] {
  const optional = [turn.speaker_label, turn.language_code, turn.utterance].filter((field) => field !== undefined);
  return [
    ...(Number.isSafeInteger(turn.turn_order) ? [] : ['turn_order']),
    ...(optional.every((field) => typeof field === 'string') ? [] : ['label']),
    ...turn.words.flatMap(({ text, start, end, speaker = '' }) =>
      typeof text === 'string' && typeof speaker === 'string' && isWhole(start) && isWhole(end) && start <= end
        ? []
        : [`word ${text} ${start} ${end}`],
    ),
  ];
}

function isWhole(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms < 60_000;
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, of, toArray } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { start as startCommand } from '../../support/cli.ts';
import { ODD_VALUES, goodFinal, oddFields } from '../../support/oddMessages.ts';
import { WAV } from '../cli/service.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { Connection, ScriptedService } from '../../support/scriptedService.ts';

const FIELDS = oddFields();
/** Messages that end a session. */
const ENDINGS = ODD_VALUES.map((odd = '"omitted"') => ({
  Termination: `{"type":"Termination","audio_duration_seconds":${odd},"session_duration_seconds":${odd}}`,
  Error: `{"type":"Error","error":${odd},"error_code":${odd}}`,
}));

/**
 * Sends the odd messages of the field that the address names, or all, between two good turns; then the `Termination` or
 * `Error` that it names.
 */
function script({ send, until, socket, request }: Connection): void {
  const { searchParams } = new URL(request.url ?? '', 'wss://localhost');
  const given = searchParams.get('case');
  const [field, type, odd] = (given ?? '').split(',');
  const ending = ENDINGS[Number(odd)]?.[type as 'Error'];
  const fields = given === null ? FIELDS : FIELDS.slice(Number(field), Number(field) + 1);
  send(BEGIN);
  void until(isTerminate).then(() => {
    send(goodFinal(0, 'First.', 0));
    for (const { json } of fields.flatMap(({ messages }) => messages)) socket.send(json);
    send(goodFinal(99, 'Last.', 20_000));
    socket.send(ending ?? JSON.stringify(TERMINATION));
    socket.close(type === 'Error' ? 1011 : 1000, 'Session Ended');
  });
}

describe('an odd message', () => {
  let service: ScriptedService;

  beforeAll(async () => {
    service = await scriptedService(script);
  });

  afterAll(() => service.close());

  function eventsFor(index: number | string): Promise<TranscriptionEvent[]> {
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

  it('that ends a session ends it as any other does', async () => {
    for (const odd of ODD_VALUES.keys()) {
      const events = await eventsFor(`-1,Termination,${odd}`);
      expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
      expect(events.filter((event) => event.type === 'Turn')).toHaveLength(2);
      const error: unknown = await eventsFor(`-1,Error,${odd}`).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TranscriptionError);
      expect((error as Error).message).not.toMatch(/\[object|undefined|\n/);
    }
  });

  it('ends no command, no file and no page', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rxscribe-odd-'));
    const files = ['txt', 'srt', 'vtt', 'md', 'ndjson'].map((extension) => join(dir, `odd.${extension}`));
    const outputs = files.flatMap((path) => ['-o', path]);
    const command = startCommand(['file', WAV, '--url', service.url, '--speed', 'max', '--captions', '0', ...outputs], {
      env: { ASSEMBLYAI_API_KEY: 'key' },
    });
    await command.stderr.waitFor(/the captions page stays open/);
    const [, url = ''] = /captions at (\S+)/.exec(command.stderr.text) ?? [];
    const page = await fetch(`${url}transcript.txt`).then((response) => response.text());
    command.child.kill('SIGINT');
    const { code, stdout } = await command.outcome;
    const texts = [stdout, page, ...(await Promise.all(files.map((path) => readFile(path, 'utf8'))))];
    expect(texts.filter((text) => !/First\.[^]*odd words here[^]*Last\./.test(text))).toEqual([]);
    expect(code).toBe(0);
    await rm(dir, { recursive: true });
  });
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

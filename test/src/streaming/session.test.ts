import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { NEVER, Observable, Subject, concat, finalize, from, map, of, take, tap, throwError } from 'rxjs';
import type { ControlMessage } from '../../../operators/events.ts';
import type { TranscriptionError } from '../../../src/errors.ts';
import { emitWithBackpressure } from '../../../src/backpressure.ts';
import { sessionSettings } from '../../../src/streaming/settings.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { MAX_PAYLOAD } from '../../../src/streaming/pingLink.ts';
import { session } from '../../../src/streaming/session.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { Connection, ScriptedService, ServiceSettings } from '../../support/scriptedService.ts';
import { final, partial } from '../../support/turns.ts';

const KEY = 'a-key-that-must-not-show';
const FRAME = new Uint8Array(3200);
const services: ScriptedService[] = [];
const written = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) => jest.spyOn(console, name));

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(services.splice(0).map((service) => service.close()));
  const output = written.flatMap(({ mock }) => mock.calls.splice(0));
  expect(output).toEqual([]);
});

/** Starts a service and returns it with the settings to reach it. */
async function serve(
  script: (connection: Connection) => void,
  options: Partial<TranscribeOptions> = {},
  settings: ServiceSettings = {},
) {
  const service = await scriptedService(script, settings);
  services.push(service);
  const given = { apiKey: KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000, websocketBaseUrl: service.url } as const;
  return { service, settings: sessionSettings({ ...given, ...options }) };
}

/** Sends `Begin`, and answers `Terminate` as the service does. */
function polite({ send, until, socket }: Connection, last: () => void = () => {}): void {
  send(BEGIN);
  void until(isTerminate).then(() => {
    last();
    send(TERMINATION);
    socket.close(1000, 'Session Ended');
  });
}

interface Ended {
  readonly events: SessionEvent[];
  readonly error?: TranscriptionError;
}

/** Runs a session to its end. */
function run(source: Observable<SessionEvent>): Promise<Ended> {
  return new Promise((resolve) => {
    const events: SessionEvent[] = [];
    source.subscribe({
      next: (event) => events.push(event),
      error: (error: TranscriptionError) => resolve({ events, error }),
      complete: () => resolve({ events }),
    });
  });
}

/** Stops the timers and both clocks, which a test then moves itself; the connection works on. */
function stopTime(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
}

const types = ({ events }: Ended): string[] => events.map(({ type }) => type);

describe('session', () => {
  it('connects with the key alone in its header and every option in the query', async () => {
    const { service, settings } = await serve(polite, {
      formatTurns: false,
      filterProfanity: false,
      endOfTurnConfidenceThreshold: 0,
      maxTurnSilence: 0,
      customerSupportAudioCapture: true,
      keytermsPrompt: ['a b', 'c'],
    });

    await run(session(of(FRAME), settings));

    const { headers, url } = service.connections[0]!.request;
    expect(headers.authorization).toBe(KEY);
    expect(Object.fromEntries(new URL(url!, service.url).searchParams)).toEqual({
      sample_rate: '16000',
      encoding: 'pcm_s16le',
      speech_model: 'u3-rt-pro',
      keyterms_prompt: '["a b","c"]',
      format_turns: 'false',
      filter_profanity: 'false',
      end_of_turn_confidence_threshold: '0',
      max_turn_silence: '0',
      _customer_support_audio_capture: 'true',
    });
  });

  it('sends a token in the query and no header', async () => {
    const { service, settings } = await serve(polite, { apiKey: undefined, token: async () => 'a-token' });

    await run(session(of(FRAME), settings));

    const { headers, url } = service.connections[0]!.request;
    expect(headers.authorization).toBeUndefined();
    expect(url).toContain('token=a-token');
  });

  it('subscribes to its input at Begin, not before', async () => {
    const subscribed: string[] = [];
    const { service, settings } = await serve((connection) => {
      subscribed.push('connected');
      setImmediate(() => {
        expect(connection.received).toEqual([]);
        polite(connection);
      });
    });
    const input = new Observable<Uint8Array>((subscriber) => {
      subscribed.push('subscribed');
      of(FRAME, FRAME).subscribe(subscriber);
    });

    const ended = await run(session(input, settings));

    expect(subscribed).toEqual(['connected', 'subscribed']);
    expect(types(ended)).toEqual(['Begin', 'Termination']);
    expect(service.connections[0]!.received).toEqual([3200, 3200, { type: 'Terminate' }]);
  });

  it('sends control messages in their place among the frames', async () => {
    const { service, settings } = await serve(polite);
    // oxlint-disable-next-line typescript/no-deprecated -- callers may still write it
    const update: ControlMessage = { type: 'UpdateConfiguration', min_end_of_turn_silence_when_confident: 100 };

    await run(
      session(from([FRAME, { type: 'ForceEndpoint' }, update, { type: 'KeepAlive' }, FRAME] as const), settings),
    );

    expect(service.connections[0]!.received).toEqual([
      3200,
      { type: 'ForceEndpoint' },
      { type: 'UpdateConfiguration', min_turn_silence: 100 },
      { type: 'KeepAlive' },
      3200,
      { type: 'Terminate' },
    ]);
  });

  it.each([false, true])('sends a frame as it was when next returned (compressed: %s)', async (compressed) => {
    const received: Buffer[] = [];
    const recording = (connection: Connection): void => {
      connection.socket.on('message', (data: Buffer, isBinary) => isBinary && received.push(data));
      polite(connection);
    };
    const { settings } = await serve(recording, {}, { compressed });
    const frame = new Uint8Array(3200);
    const input = new Observable<Uint8Array>((subscriber) => {
      for (const byte of [1, 2, 3]) subscriber.next(frame.fill(byte)); // as a tape that uses its memory again
      frame.fill(4);
      subscriber.complete();
    });

    await run(session(input, settings));

    expect(received.map((data) => [...new Set(data)])).toEqual([[1], [2], [3]]);
  });

  it('emits everything that the service sends, in order, including the durations of Termination', async () => {
    const sent = [
      { type: 'SpeechStarted', timestamp: 10, confidence: 0.9 },
      partial(0, 'Please'),
      final(0, 'Please.'),
      {
        type: 'Heartbeat',
        total_audio_received_ms: 1,
        total_duration_ms: 1,
        realtime_factor: 1,
        max_speech_probability: 1,
      },
      { type: 'Silence', start_ms: 1, end_ms: 2 },
      { type: 'Warning', warning_code: 7, warning: 'slow' },
      { type: 'LLMGatewayResponse', turn_order: 0, transcript: 'Please.', data: {} },
      { type: 'SpeakerRevision', revisions: [] },
    ];
    const { settings } = await serve((connection) =>
      polite(connection, () => sent.forEach((message) => connection.send(message))),
    );

    const { events } = await run(session(of(FRAME), settings));

    const marked = sent.map((message) =>
      message.type === 'Turn' ? { ...message, isFinal: (message as { end_of_turn: boolean }).end_of_turn } : message,
    );
    expect(events).toEqual([BEGIN, ...marked, TERMINATION]);
  });

  it('ends a turn that the service left open, when it terminates', async () => {
    const { settings } = await serve((connection) => polite(connection, () => connection.send(partial(0, 'so I'))));

    const { events } = await run(session(of(FRAME), settings));

    expect(events.filter(({ type }) => type === 'Turn')).toMatchObject([
      { isFinal: false },
      { isFinal: true, end_of_turn: false },
    ]);
  });

  it('warns of messages that it cannot use, and continues', async () => {
    const { settings } = await serve((connection) =>
      polite(connection, () => {
        connection.send('not JSON');
        connection.send('[]');
        connection.send('null');
        connection.send('"text"');
        connection.send({ type: 'Turn', turn_order: 0 });
        connection.send({ ...final(0, 'Yes.'), words: [null] });
        connection.send({ type: 'SpeakerRevision', revisions: [{}] });
        connection.send({ type: 'SpeechStarted' });
        connection.send({ type: 'Silence', start_ms: '1' });
        connection.send({ type: 'SomethingNew', value: 1 });
        connection.send({ ...final(0, 'Yes.'), error: 'not an error' });
        connection.socket.send(Buffer.from([1, 2, 3]), { binary: true });
        connection.send(final(1, 'Still here.'));
      }),
    );

    const ended = await run(session(of(FRAME), settings));

    expect(types(ended)).toEqual([
      'Begin',
      ...Array<string>(5).fill('Warning'),
      'Warning',
      'Turn', // its text is kept, its word is not
      'Warning',
      'Warning',
      'Warning',
      'Warning', // the same final again
      'Warning',
      'Turn',
      'Termination',
    ]);
    expect(ended.events[1]).toEqual({
      type: 'Warning',
      warning_code: 0,
      warning: 'the service sent 8 characters that are not JSON; ignored',
    });
  });

  describe('before Begin', () => {
    it.each([
      [1008, 'Unauthorized Connection: Invalid API key', 'unauthorized'],
      [1008, 'Unauthorized Connection: Too many concurrent sessions', 'rate-limited'],
      [3006, "User Input Validation Error: Invalid 'speech_model': x", 'invalid-input'],
    ])('errors after one attempt on Error %s %s', async (error_code, error, kind) => {
      const { service, settings } = await serve(({ send, socket }) => {
        send({ type: 'Error', error_code, error });
        socket.close(error_code, 'See Error message for details');
      });

      const ended = await run(session(NEVER, settings));

      expect(ended.error).toMatchObject({ kind, wireCode: error_code });
      expect(ended.error?.message).toContain(error);
      expect(service.connections).toHaveLength(1);
    });

    it.each([
      [401, 'unauthorized', false],
      [403, 'unauthorized', false],
      [429, 'rate-limited', true],
      [503, 'service', true],
    ])('errors after one attempt on HTTP %s', async (status, kind, retryable) => {
      const { settings } = await serve(() => {}, {}, { refuseWith: status });

      expect((await run(session(NEVER, settings))).error).toMatchObject({ kind, retryable, wireCode: status });
    });

    it('errors when the connection is closed', async () => {
      const { settings } = await serve(({ socket }) => socket.terminate());

      expect((await run(session(NEVER, settings))).error).toMatchObject({
        kind: 'network',
        retryable: true,
        wireCode: 1006,
      });
    });

    it('errors when no Begin comes in time', async () => {
      const { service, settings } = await serve(() => {}, { connectTimeout: 500 });

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'network', retryable: true });
      expect(error?.message).toContain('timed out after 500ms');
      await service.connections[0]?.closed;
    });

    it('errors when nothing listens at the address', async () => {
      const { service, settings } = await serve(() => {});
      await service.close();

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'network', retryable: true });
      expect(error?.message).toContain('ECONNREFUSED');
    });

    it('errors when the key function fails, retryable', async () => {
      const cause = new Error('token server down');
      const { service, settings } = await serve(polite, { apiKey: () => Promise.reject(cause) });

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'unauthorized', retryable: true, cause });
      expect(service.connections).toHaveLength(0);
    });

    it('is retryable with a fresh token when the token expired', async () => {
      const script = ({ send }: Connection): void =>
        send({ type: 'Error', error_code: 1008, error: 'Signature has expired' });
      const fresh = await serve(script, { apiKey: undefined, token: () => 'a-token' });
      const fixed = await serve(script, { apiKey: undefined, token: 'a-token' });

      expect((await run(session(NEVER, fresh.settings))).error).toMatchObject({ kind: 'expired', retryable: true });
      expect((await run(session(NEVER, fixed.settings))).error).toMatchObject({
        kind: 'unauthorized',
        retryable: false,
      });
    });

    it('errors when the key function does not settle in time, retryable', async () => {
      const { service, settings } = await serve(polite, { apiKey: () => new Promise(() => {}), connectTimeout: 50 });

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'network', retryable: true });
      expect(error?.message).toContain('no key or token within 50 ms');
      expect(service.connections).toHaveLength(0);
    });

    it('errors for good when the key function returns no key', async () => {
      const { settings } = await serve(polite, { apiKey: () => ' ' });

      expect((await run(session(NEVER, settings))).error).toMatchObject({ kind: 'unauthorized', retryable: false });
    });

    it('never shows the key, whatever the service sends', async () => {
      const { settings } = await serve(({ send }) =>
        send({ type: 'Error', error_code: 1008, error: `no such key: ${KEY}` }),
      );

      const { error } = await run(session(NEVER, settings));

      expect(error?.message).toContain('no such key: [key]');
    });

    it('closes the connection when it is unsubscribed', async () => {
      const connected = new Subject<Connection>();
      const { settings } = await serve((connection) => connected.next(connection));
      const subscription = session(NEVER, settings).subscribe();

      const connection = await new Promise<Connection>((resolve) => connected.subscribe(resolve));
      subscription.unsubscribe();

      expect(await connection.closed).toBe(1006);
      expect(connection.received).toEqual([]);
    });
  });

  describe('after Begin', () => {
    it.each([
      ['with a close', true],
      ['without a close', false],
    ])('errors on an Error message %s, and closes', async (_, closes) => {
      const { service, settings } = await serve(({ send, socket }) => {
        send(BEGIN);
        send({ type: 'Error', error_code: 3005, error: 'Session Cancelled: An error occurred' });
        if (closes) socket.close(3005);
      });
      let finalized = false;

      const { error } = await run(session(NEVER.pipe(finalize(() => (finalized = true))), settings));

      expect(error).toMatchObject({ kind: 'service', retryable: true, wireCode: 3005 });
      expect(finalized).toBe(true);
      await service.connections[0]?.closed;
    });

    it('takes the code of an Error without one from the close that follows', async () => {
      const { settings } = await serve(({ send, socket }) => {
        send({ error: 'Invalid parameter' });
        socket.close(1008, 'See Error message for details');
      });

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'invalid-input', wireCode: 1008 });
      expect(error?.message).toContain('Invalid parameter');
    });

    it('errors on an Error without a code when no close follows', async () => {
      const { service, settings } = await serve(({ send }) => {
        send(BEGIN);
        send({ type: 'Error', error: { detail: 'An error occurred' } });
      });

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'service', retryable: true });
      expect(error?.message).toContain('{"detail":"An error occurred"}');
      await service.connections[0]?.closed;
    });

    it.each([
      [1011, 'service'],
      [1000, 'service'],
      [3008, 'expired'],
    ])('errors on an unexpected close with %s', async (code, kind) => {
      const { settings } = await serve(({ send, socket }) => {
        send(BEGIN);
        socket.close(code);
      });

      expect((await run(session(NEVER, settings))).error).toMatchObject({ kind, retryable: true, wireCode: code });
    });

    it('errors when the connection breaks', async () => {
      const { settings } = await serve(({ send, socket }) => {
        send(BEGIN);
        setImmediate(() => socket.terminate());
      });

      expect((await run(session(NEVER, settings))).error).toMatchObject({ kind: 'network', wireCode: 1006 });
    });

    it('reads a message of 32 MiB with a warning, and errors on a longer one', async () => {
      const { settings } = await serve(
        ({ send }) => {
          send(BEGIN);
          send('x'.repeat(MAX_PAYLOAD));
          send('x'.repeat(MAX_PAYLOAD + 1));
        },
        { connectTimeout: 60_000, stallTimeout: 60_000 }, // the service is in this process, and busy for a while
      );

      const { events, error } = await run(session(NEVER, settings));

      expect(events).toMatchObject([{ type: 'Begin' }, { type: 'Warning' }]);
      expect(error).toMatchObject({ kind: 'network', retryable: true });
      expect(error?.message).toBe('the connection broke (Max payload size exceeded)');
    });

    it('errors when the connection is open but dead', async () => {
      const { settings } = await serve(
        ({ send, socket }) => {
          send(BEGIN);
          socket.pause();
        },
        { stallTimeout: 500 },
      );

      const { error } = await run(session(NEVER, settings));

      expect(error).toMatchObject({ kind: 'network', retryable: true, wireCode: undefined });
      expect(error?.message).toContain('no sign of life for 500 ms');
    });

    describe('when the service answers pings', () => {
      /** Lets 250 ms pass after the answer to each ping, and calls `onAnswer` before; the service closes at the eighth ping. */
      async function exchangePings(onAnswer: (answers: number) => void = () => {}): Promise<Ended> {
        stopTime();
        let [pings, answers] = [0, 0];
        const { settings } = await serve(
          ({ send, socket }) => {
            send(BEGIN);
            socket.on('ping', () => {
              if (++pings === 8) socket.close(1011, 'enough');
              else send(partial(0, 'yes')); // follows the answer; it is no sign of life, because an answer came before it
            });
          },
          { stallTimeout: 500 },
        );
        const event$ = session(NEVER, settings).pipe(
          tap(({ type }) => {
            if (type !== 'Turn') return;
            onAnswer(++answers);
            jest.advanceTimersByTime(250);
          }),
        );
        return run(event$);
      }

      it('keeps the connection', async () => {
        expect((await exchangePings()).error).toMatchObject({ wireCode: 1011 });
      });

      it.each([-3_600_000, 3_600_000])('does not mind a wall clock that is set by %s ms', async (step) => {
        const { error } = await exchangePings((answers) => answers === 2 && jest.setSystemTime(Date.now() + step));

        expect(error).toMatchObject({ wireCode: 1011 });
      });
    });

    it('errors when the service sends but does not read', async () => {
      const { settings } = await serve(
        ({ send, socket }) => {
          send(BEGIN);
          socket.once('ping', () => {
            setImmediate(() => socket.pause());
            const sending = setInterval(() => send(partial(0, 'yes')), 50);
            socket.once('close', () => clearInterval(sending));
          });
        },
        { stallTimeout: 500 },
      );

      expect((await run(session(NEVER, settings))).error?.message).toContain('no sign of life for 500 ms');
    });

    it('errors on a Termination without Terminate', async () => {
      const { settings } = await serve(({ send }) => {
        send(BEGIN);
        send(TERMINATION);
      });

      const ended = await run(session(NEVER, settings));

      expect(types(ended)).toEqual(['Begin', 'Termination']);
      expect(ended.error).toMatchObject({ kind: 'service', retryable: true });
    });

    it('passes an error of its input and closes at once', async () => {
      const { service, settings } = await serve(({ send }) => send(BEGIN));
      const cause = new Error('unplugged');

      expect(
        (
          await run(
            session(
              concat(
                of(FRAME),
                throwError(() => cause),
              ),
              settings,
            ),
          )
        ).error,
      ).toBe(cause);
      await service.connections[0]?.closed;
      expect(service.connections[0]?.received).toEqual([3200, { type: 'Terminate' }]);
    });

    it('sends Terminate once and closes when it is unsubscribed', async () => {
      const { service, settings } = await serve(({ send }) => send(BEGIN));
      const events: string[] = [];

      await new Promise<void>((resolve) => {
        const subscription = session(concat(of(FRAME), NEVER), settings).subscribe(({ type }) => {
          events.push(type);
          setImmediate(() => {
            subscription.unsubscribe();
            resolve();
          });
        });
      });

      await service.connections[0]?.closed;
      expect(service.connections[0]?.received).toEqual([3200, { type: 'Terminate' }]);
      expect(events).toEqual(['Begin']);
    });

    it('sends nothing when it is unsubscribed at Begin', async () => {
      const { service, settings } = await serve(({ send }) => {
        send(BEGIN);
        send(BEGIN);
      });

      const { events } = await run(session(of(FRAME), settings).pipe(take(1)));

      await service.connections[0]?.closed;
      expect(events).toEqual([BEGIN]);
      expect(service.connections[0]?.received).toEqual([{ type: 'Terminate' }]);
    });

    it('begins once', async () => {
      const { service, settings } = await serve((connection) => {
        connection.send(BEGIN);
        polite(connection);
      });

      expect(types(await run(session(of(FRAME), settings)))).toEqual(['Begin', 'Termination']);
      expect(service.connections[0]?.received).toEqual([3200, { type: 'Terminate' }]);
    });

    it('delivers the error of an operator downstream and ends the session', async () => {
      const { service, settings } = await serve(({ send }) => {
        send(BEGIN);
        send(final(0, 'Yes.'));
      });
      const cause = new Error('thrown downstream');
      const broken = session(NEVER, settings).pipe(
        map((event) => {
          if (event.type === 'Turn') throw cause;
          return event;
        }),
      );

      expect((await run(broken)).error).toBe(cause);
      await service.connections[0]?.closed;
      expect(service.connections[0]?.received).toEqual([{ type: 'Terminate' }]);
    });
  });

  describe('after Terminate', () => {
    it.each([1000, 1005])('completes on a clean close with %s, even without Termination', async (code) => {
      const { settings } = await serve(({ send, socket, until }) => {
        send(BEGIN);
        void until(isTerminate).then(() => {
          send(partial(0, 'so I'));
          socket.close(code === 1005 ? undefined : code);
        });
      });

      const ended = await run(session(of(FRAME), settings));

      expect(ended.error).toBeUndefined();
      expect(ended.events.at(-1)).toMatchObject({ isFinal: true, end_of_turn: false });
    });

    it('waits for a late Termination while turns arrive', async () => {
      stopTime();
      const { service, settings } = await serve(
        ({ send, until }) => {
          send(BEGIN);
          void until(isTerminate).then(() => send(partial(0, 'word')));
        },
        { terminationTimeout: 2000 },
      );
      let turns = 0;
      const source$ = session(of(FRAME), settings).pipe(
        tap((event) => {
          if (event.type !== 'Turn' || event.isFinal) return;
          jest.advanceTimersByTime(1500);
          service.connections[0]!.send(++turns < 4 ? partial(0, 'word '.repeat(turns + 1).trim()) : TERMINATION);
        }),
      );

      expect((await run(source$)).error).toBeUndefined();
      expect(turns).toBe(4);
    });

    it('errors when no Termination comes in time, and closes', async () => {
      const { service, settings } = await serve(({ send }) => send(BEGIN), { terminationTimeout: 50 });

      const { error } = await run(session(of(FRAME), settings));

      expect(error).toMatchObject({ kind: 'network', retryable: true });
      expect(error?.message).toMatch(/no Termination within \d+ ms/);
      await service.connections[0]?.closed;
      expect(service.connections[0]?.received).toEqual([3200, { type: 'Terminate' }]);
    });

    it('gives a service that works in real time the time to process what was sent faster', async () => {
      const { settings } = await serve(
        (connection) => {
          connection.send(BEGIN);
          void connection.until(isTerminate).then(() => setTimeout(() => connection.send(TERMINATION), 200));
        },
        { terminationTimeout: 50 },
      );

      expect((await run(session(from(Array.from({ length: 50 }, () => FRAME)), settings))).error).toBeUndefined();
    });

    it('errors when the connection breaks', async () => {
      const { settings } = await serve(({ send, socket, until }) => {
        send(BEGIN);
        void until(isTerminate).then(() => socket.terminate());
      });

      expect((await run(session(of(FRAME), settings))).error).toMatchObject({ kind: 'network', wireCode: 1006 });
    });

    it('closes at once when it is unsubscribed, without another Terminate', async () => {
      const { service, settings } = await serve(({ send }) => send(BEGIN));
      const subscription = session(of(FRAME), settings).subscribe();
      while (service.connections.length === 0) await new Promise(setImmediate);
      const connection = service.connections[0]!;
      await connection.until(isTerminate);

      subscription.unsubscribe();

      await connection.closed;
      expect(connection.received).toEqual([3200, { type: 'Terminate' }]);
    });
  });

  it('waits for the formatted copy of a final, and no longer than for the next turn or the end', async () => {
    const raw = { ...final(0, 'turn left'), turn_is_formatted: false };
    const { settings } = await serve(
      (connection) =>
        polite(connection, () => [raw, final(0, 'Turn left.'), { ...raw, turn_order: 1 }].forEach(connection.send)),
      { speechModel: 'universal-streaming-english', formatTurns: true },
    );

    const { events } = await run(session(of(FRAME), settings));

    const turns = events.map((event) => event.type === 'Turn' && [event.turn_order, event.transcript, event.isFinal]);
    expect(turns.filter(Boolean)).toEqual([
      [0, 'turn left', false],
      [0, 'Turn left.', true],
      [1, 'turn left', false],
      [1, 'turn left', true],
    ]);
  });

  it('pauses its input while the socket cannot write, and continues when it can', async () => {
    const { service, settings } = await serve((connection) => {
      connection.socket.pause();
      connection.send(BEGIN);
    });
    const big = new Uint8Array(32_000);
    let sent = 0;
    let resumed = false;
    const input = new Observable<Uint8Array>((subscriber) => {
      const next = (): void => {
        const held = sent < 1000 ? emitWithBackpressure(() => subscriber.next(big)) : undefined;
        sent++;
        if (held) {
          setImmediate(() => service.connections[0]!.socket.resume());
          void held.then(() => {
            resumed = true;
            subscriber.complete();
          });
        } else next();
      };
      next();
    });
    const connected = run(session(input, settings));
    while (service.connections.length === 0) await new Promise(setImmediate);
    await service.connections[0]!.until(isTerminate);
    service.connections[0]!.send(TERMINATION);

    expect((await connected).error).toBeUndefined();
    expect(resumed).toBe(true);
    expect(sent).toBeLessThan(1000);
  });
});

import { describe, expect, it } from '@jest/globals';
import { sessionSettings } from '../../../src/streaming/settings.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';

const KEY = 'a-key-that-must-not-show';
const valid: TranscribeOptions = { apiKey: KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 };
const check = (options: object): ReturnType<typeof sessionSettings> => sessionSettings({ ...valid, ...options });

describe('sessionSettings', () => {
  // options, the error and its message
  it.each([
    [
      { speechModel: undefined },
      TypeError,
      /^speechModel is missing; there is no default: choose one of universal-3-6-pro, .*, u3-rt-pro, /,
    ],
    [{ sampleRate: undefined }, TypeError, 'sampleRate is missing; there is no default'],
    [{ sampleRate: 7000 }, RangeError, 'sampleRate must be a whole number from 8000 to 96000 (Hz), not 7000'],
    [{ sampleRate: '16000' }, TypeError, 'sampleRate must be a whole number from 8000 to 96000 (Hz), not "16000"'],
    [{ speechModel: '' }, TypeError, 'speechModel must be a string of 1 to 100 characters, not ""'],
    [
      { speechModel: 'universal-streaming-english', prompt: 'A call.' },
      TypeError,
      'prompt does not work with universal-streaming-english; use universal-3-6-pro, or omit prompt',
    ],
    [{ speechModel: 'universal-streaming-multilingual', mode: 'balanced' }, TypeError, /^mode does not work with/],
    [{ previousContextNTurns: 101 }, RangeError, /previousContextNTurns must be a whole number from 0 to 100/],
    [{ agent: 'http://proxy:3128' }, TypeError, /^agent must be an Agent of node:https/],
    [
      { extraParams: { sample_rate: 8000 } },
      TypeError,
      'extraParams.sample_rate has an option of its own; use sampleRate',
    ],
    [{ extraParams: { x: null } }, TypeError, /^extraParams.x must be a string/],
    [{ extraParams: { x: [5n] } }, TypeError, /^extraParams.x must be a string/],
    [{ prompt: 5n }, TypeError, /^prompt must be a string of 1 to 1750 characters, not 5$/],
    [
      { prompt: '字'.repeat(1700), keytermsPrompt: ['a'] },
      RangeError,
      /^the options make an address of \d+ characters, 15000 at most; shorten prompt, which takes 15307$/,
    ],
    [{ apiKey: undefined }, TypeError, 'apiKey is missing; give an API key, or a temporary token as token'],
    [{ token: 'abc' }, TypeError, 'give apiKey or token, not both'],
    [{ apiKey: '' }, TypeError, 'apiKey is empty; give it alone, without quotes or "Bearer"'],
    [{ apiKey: `Bearer ${KEY}` }, TypeError, /apiKey contains a space or a line break/],
    [{ apiKey: 42 }, TypeError, 'apiKey must be a string or a function, not number'],
    [{ sampelRate: 1 }, TypeError, 'unknown option sampelRate; did you mean sampleRate?'],
    [{ keyterms_prompt: [] }, TypeError, 'unknown option keyterms_prompt; did you mean keytermsPrompt?'],
    [{ toString: 1 }, TypeError, 'unknown option toString; extraParams sends parameters that rxscribe does not know'],
    [{ encoding: 'opus' }, TypeError, 'encoding must be "pcm_s16le" or "pcm_mulaw", not "opus"'],
    [{ channels: [] }, TypeError, /channels must be left out \(a transcription has one channel; .*\), not \[\]/],
    [{ maxConnectionRetries: 3 }, TypeError, /maxConnectionRetries must be left out \(transcribe\(\) decides/],
    [{ vadThreshold: 1.1 }, RangeError, 'vadThreshold must be a number from 0 to 1, not 1.1'],
    [{ maxSpeakers: 1.5 }, RangeError, 'maxSpeakers must be a whole number from 1 to 10, not 1.5'],
    [{ formatTurns: 'no' }, TypeError, 'formatTurns must be true or false, not "no"'],
    [{ prompt: '' }, TypeError, 'prompt must be a string of 1 to 1750 characters, not ""'],
    [
      { prompt: 'x'.repeat(1751) },
      TypeError,
      'prompt must be a string of 1 to 1750 characters, not a string of 1751 characters',
    ],
    [{ keytermsPrompt: 'a' }, TypeError, 'keytermsPrompt must be a list of at most 100 strings, not "a"'],
    [
      { keytermsPrompt: Array(101).fill('a') },
      TypeError,
      'keytermsPrompt must be a list of at most 100 strings, not a list of 101',
    ],
    [{ region: 'mars' }, TypeError, 'region must be "us" or "eu", not "mars"'],
    [{ region: 'eu', websocketBaseUrl: 'wss://localhost' }, TypeError, 'give region or websocketBaseUrl, not both'],
    [
      { websocketBaseUrl: 'ws://localhost' },
      TypeError,
      'websocketBaseUrl must be a wss:// address without a query, not "ws://localhost"',
    ],
    [{ websocketBaseUrl: 'localhost' }, TypeError, /must be a wss:\/\/ address/],
    [{ websocketBaseUrl: 'wss://localhost?a=1' }, TypeError, /without a query/],
    [{ voiceFocusThreshold: 0.5 }, TypeError, 'voiceFocusThreshold needs voiceFocus'],
    [{ keyterms: ['a'], keytermsPrompt: ['b'] }, TypeError, 'give keytermsPrompt or keyterms, not both'],
    [{ connectTimeout: 0 }, RangeError, /connectTimeout must be a whole number from 1 .* \(ms\), not 0/],
    [{ llmGateway: 'gpt' }, TypeError, 'llmGateway must be an object, not "gpt"'],
    [{ control: null }, TypeError, 'control must be an Observable of control messages, not null'],
    [{ catchUpSpeed: 0.5 }, RangeError, /catchUpSpeed must be a number from 1/],
    [{ webhookAuthHeaderValue: 1234 }, TypeError, /^webhookAuthHeaderValue must be a string that is not empty$/],
  ])('refuses %j', (options, type, message) => {
    expect(() => check(options)).toThrow(type);
    expect(() => check(options)).toThrow(message);
  });

  it('refuses anything but an object', () => {
    expect(() => sessionSettings(undefined as never)).toThrow(TypeError);
  });

  it('never shows a key in an error', () => {
    for (const options of [{ apiKey: `${KEY}\n` }, { apiKey: `"${KEY} "` }, { token: KEY }]) {
      expect(() => check(options)).toThrow(expect.not.objectContaining({ message: expect.stringContaining(KEY) }));
    }
  });

  it('accepts every model, known or not', () => {
    for (const speechModel of ['u3-rt-pro', 'u3-pro', 'assemblyai-stt-3-7-realtime', 'next-year']) {
      expect(check({ speechModel }).extraQuery).toEqual({ speech_model: speechModel });
    }
  });

  it('sends the parameters that the SDK does not know', () => {
    const options = { previousContextNTurns: 0, maxTurnDuration: 20_000 };
    const extraParams = { a: 'x', b: 5, c: false, d: [1, 2], e: { f: null } };

    expect(check({ ...options, extraParams }).extraQuery).toEqual({
      speech_model: 'u3-rt-pro',
      previous_context_n_turns: '0',
      max_turn_duration: '20000',
      a: 'x',
      b: '5',
      c: 'false',
      d: '[1,2]',
      e: '{"f":null}',
    });
    expect(check({ ...options, extraParams }).params).not.toHaveProperty('extraParams');
  });

  it('sends the falsy values that the SDK drops', () => {
    const options = { formatTurns: false, filterProfanity: false, endOfTurnConfidenceThreshold: 0, maxTurnSilence: 0 };

    expect(check(options).extraQuery).toEqual({
      speech_model: 'u3-rt-pro',
      format_turns: 'false',
      filter_profanity: 'false',
      end_of_turn_confidence_threshold: '0',
      max_turn_silence: '0',
    });
  });

  it('gives the SDK no option that it writes warnings about', () => {
    const { params, extraQuery } = check({
      keyterms: ['a'],
      languageCode: 'es',
      minEndOfTurnSilenceWhenConfident: 100,
      customerSupportAudioCapture: true,
    });

    expect(params).toMatchObject({ keytermsPrompt: ['a'], languageCodes: ['es'], minTurnSilence: 100 });
    expect(params).not.toHaveProperty('keyterms');
    expect(params).not.toHaveProperty('customerSupportAudioCapture');
    expect(extraQuery).toEqual({ speech_model: 'u3-rt-pro', _customer_support_audio_capture: 'true' });
  });

  it('allows for slow networks and turns the retries of the SDK off', () => {
    expect(check({}).params).toMatchObject({ connectTimeout: 10_000, maxConnectionRetries: 0 });
  });

  it('sends each region to its address', () => {
    expect(check({ region: 'eu' }).params.websocketBaseUrl).toBe('wss://streaming.eu.assemblyai.com/v3/ws');
    expect(check({}).params).not.toHaveProperty('websocketBaseUrl');
  });

  it('expects formatted copies only with formatTurns and a model that sends them', () => {
    const models = ['u3-rt-pro', 'universal-streaming-english', 'universal-streaming-multilingual'] as const;
    const expected = (formatTurns?: boolean): boolean[] =>
      models.map(
        (speechModel) => check({ speechModel, ...(formatTurns !== undefined && { formatTurns }) }).awaitFormatted,
      );

    expect(expected(true)).toEqual([false, true, true]);
    expect(expected(false)).toEqual([false, false, false]);
    expect(expected()).toEqual([false, false, false]);
  });

  it('derives whether the service sends partials', () => {
    const given = [
      {},
      { redactPii: true },
      { redactPii: true, includePartialTurns: true },
      { includePartialTurns: false },
    ];

    expect(given.map((options) => check(options).hasPartials)).toEqual([true, false, true, false]);
  });

  it('calls a credential function for each connection and checks its result', async () => {
    let calls = 0;
    const { credential, freshCredential } = sessionSettings({
      ...valid,
      apiKey: undefined,
      token: () => `token-${++calls}`,
    });

    expect([await credential(), await credential()]).toEqual([{ token: 'token-1' }, { token: 'token-2' }]);
    expect([freshCredential, check({}).freshCredential]).toEqual([true, false]);
    expect(await check({}).credential()).toEqual({ apiKey: KEY });
    await expect(check({ apiKey: () => '' }).credential()).rejects.toThrow('apiKey is empty');
  });
});

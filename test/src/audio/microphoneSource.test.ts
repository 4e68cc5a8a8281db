import { afterEach, describe, it, expect, jest } from '@jest/globals';
import { Subject } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';
import { microphone } from '../../../src/audio/microphone.ts';
import { microphoneSource } from '../../../src/audio/microphoneSource.ts';
import type { MicrophoneOptions } from '../../../src/audio/microphoneSource.ts';
import type { Recorder } from '../../../src/audio/recorder.ts';
import { settle } from './settle.ts';
import { FakeRecorder } from './fakeRecorder.ts';

const a = Uint8Array.of(1, 2);
const b = Uint8Array.of(3, 4);

const subscriptions: Subscription[] = [];
afterEach(() => {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
});

/** Records what the source emits, in order: chunks, then `complete` or the error. */
function record(source: Observable<Uint8Array>): { readonly seen: unknown[]; readonly subscription: Subscription } {
  const seen: unknown[] = [];
  const subscription = source.subscribe({
    next: (chunk) => seen.push(chunk),
    error: (error) => seen.push(error),
    complete: () => seen.push('complete'),
  });
  subscriptions.push(subscription);
  return { seen, subscription };
}

/** The options of each call. */
const optionsOf = (open: { readonly mock: { readonly calls: readonly unknown[][] } }): unknown[] =>
  open.mock.calls.map(([options]) => options);

/** A microphone whose recorder is open and captures. */
async function capturing(options: MicrophoneOptions = {}) {
  const recorder = new FakeRecorder();
  const recording = record(microphoneSource(options, () => Promise.resolve(recorder)));
  await settle();
  recorder.start();
  return { recorder, ...recording };
}

describe('microphoneSource', () => {
  it('opens one recorder per subscription, with the options of the recorder', async () => {
    const open = jest.fn(() => Promise.resolve(new FakeRecorder()));
    const source = microphoneSource(
      { sampleRate: 8000, device: 'USB', stop: new Subject(), onOpen: () => undefined },
      open,
    );
    expect(open).not.toHaveBeenCalled();
    source.subscribe().unsubscribe();
    source.subscribe().unsubscribe();
    await settle();
    expect(optionsOf(open)).toEqual([
      { sampleRate: 8000, device: 'USB' },
      { sampleRate: 8000, device: 'USB' },
    ]);
  });

  it('emits the chunks of the recorder as they are', async () => {
    const { recorder, seen } = await capturing();
    recorder.emit('data', a);
    recorder.emit('data', b);
    expect(seen).toEqual([a, b]);
    expect(seen[0]).toBe(a);
  });

  it.each([
    ['an index', 2, { id: 'usb' }],
    ['part of a name', 'USB', { id: 'usb' }],
    ['the default device', undefined, undefined],
  ])('after a loss opens the same device again when it was chosen as %s', async (_, chosen, reopened) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const recorders: FakeRecorder[] = [];
    const open = jest.fn(() => {
      const recorder = new FakeRecorder().start();
      recorder.device = {
        id: 'usb',
        name: 'USB',
        index: 2,
        maxInputChannels: 1,
        defaultSampleRate: 1,
        isDefault: false,
      };
      recorders.push(recorder);
      return Promise.resolve(recorder);
    });
    record(microphoneSource(chosen === undefined ? {} : { device: chosen }, open));
    await settle();
    recorders[0]?.emit('data', a);
    recorders[0]?.emit('end');
    await jest.advanceTimersByTimeAsync(250);
    jest.useRealTimers();
    expect(optionsOf(open)).toEqual([
      chosen === undefined ? {} : { device: chosen },
      reopened === undefined ? {} : { device: reopened },
    ]);
  });

  it('calls onOpen once, before the first chunk, with the recorder', async () => {
    const order: unknown[] = [];
    const onOpen = (recorder: Recorder): void => {
      order.push('open', recorder.overrunCount);
      recorder.on('speech', () => order.push('speech'));
    };
    const { recorder, seen } = await capturing({ onOpen });
    expect(order).toEqual([]);
    recorder.emit('data', a);
    recorder.emit('speech');
    recorder.emit('data', b);
    expect(order).toEqual(['open', 0, 'speech']);
    expect(seen).toEqual([a, b]);
  });

  describe('when stop emits', () => {
    it('emits what the recorder still holds, then completes', async () => {
      const stop = new Subject<void>();
      const { recorder, seen } = await capturing({ stop });
      recorder.rest = b;
      recorder.emit('data', a);
      stop.next();
      await settle();
      expect(seen).toEqual([a, b, 'complete']);
      expect(recorder.calls[0]).toBe('stop');
      expect(recorder.calls.at(-1)).toBe('destroy');
    });

    it('stops the recorder in a check phase, so that its rest arrives before its end', async () => {
      const stop = new Subject<void>();
      const { recorder } = await capturing({ stop });
      stop.next();
      expect(recorder.calls).toEqual([]);
      await settle();
      expect(recorder.calls[0]).toBe('stop');
    });

    it('accepts the abort of a signal', async () => {
      const controller = new AbortController();
      const { recorder, seen } = await capturing({ stop: controller.signal });
      recorder.rest = b;
      controller.abort();
      await settle();
      expect(seen).toEqual([b, 'complete']);
    });

    it('completes without opening anything if it emits at once', () => {
      const open = jest.fn(() => Promise.resolve(new FakeRecorder()));
      const { seen } = record(microphoneSource({ stop: AbortSignal.abort() }, open));
      expect(seen).toEqual(['complete']);
      expect(open).not.toHaveBeenCalled();
    });

    it('completes while the device is being opened, and destroys the recorder once it is open', async () => {
      const stop = new Subject<void>();
      const recorder = new FakeRecorder();
      const opening = new Subject<FakeRecorder>();
      const { seen } = record(microphoneSource({ stop }, () => opening.forEach(() => undefined).then(() => recorder)));
      stop.next();
      expect(seen).toEqual(['complete']);
      opening.complete();
      await settle();
      expect(recorder.calls).toEqual(['stop', 'destroy']);
      expect(recorder.listenerCount('data')).toBe(0);
    });

    it('completes if the recorder is open but does not capture yet', async () => {
      const stop = new Subject<void>();
      const recorder = new FakeRecorder();
      const { seen } = record(microphoneSource({ stop }, () => Promise.resolve(recorder)));
      await settle();
      stop.next();
      expect(seen).toEqual(['complete']);
      expect(recorder.calls).toEqual(['stop', 'destroy']);
    });
  });

  it('continues when stop completes without emitting', async () => {
    const stop = new Subject<void>();
    const { recorder, seen } = await capturing({ stop });
    stop.complete();
    recorder.emit('data', a);
    expect(seen).toEqual([a]);
    expect(recorder.calls).toEqual([]);
  });

  it('errors when stop errors, and releases the recorder', async () => {
    const stop = new Subject<void>();
    const { recorder, seen } = await capturing({ stop });
    stop.error(new Error('no button'));
    expect(seen).toEqual([new Error('no button')]);
    expect(recorder.calls).toEqual(['stop', 'destroy']);
  });

  it('stops and destroys the recorder at once on unsubscribe, and emits nothing after', async () => {
    const stop = new Subject<void>();
    const { recorder, seen, subscription } = await capturing({ stop });
    recorder.rest = b;
    subscription.unsubscribe();
    expect(recorder.calls).toEqual(['stop', 'destroy']);
    expect(stop.observed).toBe(false);
    recorder.emit('data', a);
    await settle();
    expect(seen).toEqual([]);
  });

  it('destroys a recorder that is opened after unsubscribe', async () => {
    const recorder = new FakeRecorder();
    const { seen, subscription } = record(microphoneSource({}, () => Promise.resolve(recorder)));
    subscription.unsubscribe();
    await settle();
    expect(recorder.calls).toEqual(['stop', 'destroy']);
    expect(seen).toEqual([]);
  });

  it('ignores a late error', async () => {
    const { recorder, seen, subscription } = await capturing();
    subscription.unsubscribe();
    expect(() => recorder.emit('error', new Error('too late'))).not.toThrow();
    expect(seen).toEqual([]);
  });

  it('errors when the device cannot be opened', async () => {
    const cause = Object.assign(new Error('No microphone found matching "x"'), { code: 'MICROPHONE_NOT_FOUND' });
    const { seen } = record(microphoneSource({}, () => Promise.reject(cause)));
    await settle();
    expect(seen).toMatchObject([{ name: 'TranscriptionError', kind: 'microphone', retryable: false, cause }]);
  });

  it('errors when the device is lost and maxAbsence is 0, and marks the error as retryable', async () => {
    const cause = Object.assign(new Error('decibri: audio device error:\n gone.'), { code: 'DEVICE_FAILED' });
    const { recorder, seen } = await capturing({ maxAbsence: 0 });
    recorder.emit('data', a);
    recorder.emit('error', cause);
    recorder.emit('close');
    expect(seen).toMatchObject([
      a,
      {
        kind: 'microphone',
        retryable: true,
        cause,
        message: 'microphone: decibri: audio device error: gone; check that the device is still connected',
      },
    ]);
    expect(recorder.calls.at(-1)).toBe('destroy');
  });

  it.each(['end', 'close'])('errors when the recorder emits %s unexpectedly', async (event) => {
    const { recorder, seen } = await capturing();
    recorder.emit(event);
    expect(seen).toMatchObject([{ kind: 'microphone', code: 'ERR_MICROPHONE', retryable: true }]);
  });

  it('errors with what onOpen throws, and releases the recorder', async () => {
    const { recorder, seen } = await capturing({
      onOpen: () => {
        throw new Error('in onOpen');
      },
    });
    recorder.emit('data', a);
    expect(seen).toEqual([new Error('in onOpen')]);
    expect(recorder.calls).toEqual(['stop', 'destroy']);
  });

  it.each<[object, RegExp]>([
    [{ maxAbsence: -1 }, /^maxAbsence must be a number of milliseconds from 0 to Infinity, not -1$/],
    [{ maxAbsence: Number.NaN }, /^maxAbsence must be/],
    [{ sampleRate: 999 }, /^sampleRate must be a whole number from 1000 to 384000 \(hertz\), not 999$/],
    [{ sampleRate: 16_000.5 }, /^sampleRate must be/],
    [{ framesPerBuffer: 63 }, /^framesPerBuffer must be a whole number from 64 to 65536 \(samples\), not 63$/],
    [{ agc: -2 }, /^agc must be a whole number from -40 to -3 \(dBFS\), not -2$/],
    [{ agc: -18.5 }, /^agc must be/],
    [{ limiter: 0.1 }, /^limiter must be a number from -3 to 0 \(dBFS\), not 0.1$/],
    [{ highpass: 90 }, /^highpass must be 80 or 100, not 90$/],
    [{ channels: 33 }, /^channels must be a whole number from 1 to 32, not 33$/],
    [{ device: -1 }, /^device must be an index, part of a name, or \{ id \}, not -1$/],
    [{ vad: { model: 'energy', threshold: 2 } }, /^vad.threshold must be a number from 0 to 1/],
    [{ vad: { model: 'energy', source: 1 } }, /^vad.source must be 0, not 1$/],
    [{ aec: { model: 'tau', tailMs: 15 } }, /^aec.tailMs must be a number from 16 to 500/],
    [{ vad: 'silero', sampleRate: 44_100 }, /^sampleRate must be 8000 or 16000 with vad 'silero', not 44100$/],
    [{ aec: 'tau', sampleRate: 96_000 }, /^sampleRate must be 8000 to 48000 with aec, not 96000$/],
  ])('refuses %j with a RangeError when called', (options, message) => {
    expect(() => microphone(options)).toThrow(RangeError);
    expect(() => microphone(options)).toThrow(message);
  });

  it.each<[object, RegExp]>([
    [{ channels: '2' }, /^channels must be a whole number from 1 to 32, not "2"$/],
    [{ channels: 2, highpass: 80 }, /^highpass must be left out with channels 2, because it works on mono$/],
    [{ dtype: 'float32' }, /^dtype must be 'int16', .*, not "float32"$/],
    [{ channelMap: [0, 1] }, /^channelMap must be the index of one channel in brackets, such as \[0\], not \[0,1\]$/],
    [{ channelMap: 1 }, /^channelMap must be/],
    [{ sampleRate: '16000' }, /^sampleRate must be .*, not "16000"$/],
    [{ denoise: 'rnnoise' }, /^denoise must be "fastenhancer-t", not "rnnoise"$/],
    [{ dcRemoval: 1 }, /^dcRemoval must be true or false, not 1$/],
    [{ device: { name: 'x' } }, /^device must be/],
    [{ device: '' }, /^device must be/],
    [{ vad: true }, /^vad must be false, 'silero', 'energy', or an object with a model, not true$/],
    [{ vad: 'webrtc' }, /^vad.model must be "silero" or "energy", not "webrtc"$/],
    [{ vad: { threshold: 0.5 } }, /^vad.model must be "silero" or "energy", not null$/],
    [{ aec: { model: 'tau', tail: 20 } }, /^unknown option aec.tail; did you mean aec.tailMs\?/],
    [{ aec: 'speex' }, /^aec.model must be "tau", not "speex"$/],
    [{ modelPath: '' }, /^modelPath must be a path, not ""$/],
    [{ vadThreshold: 0.5 }, /^unknown option vadThreshold, expected one of sampleRate, /],
    [{ toString: 1 }, /^unknown option toString/],
    [{ stop: 5 }, /^stop must be an ObservableInput or an AbortSignal, not number$/],
    [{ onOpen: 'print' }, /^onOpen must be a function, not print$/],
    [{ onLost: 'print' }, /^onLost must be a function, not print$/],
    [{ maxAbsence: '5 s' }, /^maxAbsence must be a number of milliseconds from 0 to Infinity, not 5 s$/],
  ])('refuses %j with a TypeError when called', (options, message) => {
    expect(() => microphone(options)).toThrow(TypeError);
    expect(() => microphone(options)).toThrow(message);
  });

  it('accepts every option of the recorder', () => {
    const options: MicrophoneOptions = {
      sampleRate: 16_000,
      channels: 1,
      dtype: 'int16',
      channelMap: [3],
      framesPerBuffer: 1600,
      device: { id: 'alsa:default' },
      vad: { model: 'silero', threshold: 0.5, holdoffMs: 300, source: 0 },
      modelPath: 'silero.onnx',
      dcRemoval: true,
      denoise: 'fastenhancer-t',
      highpass: 80,
      agc: -18,
      limiter: -1,
      aec: { model: 'tau', tailMs: 200, suppression: 'off', referenceSampleRate: 48_000, referenceChannels: 2 },
    };
    expect(() => microphone(options)).not.toThrow();
    expect(() => microphone({ vad: false, device: 0 })).not.toThrow();
  });
});

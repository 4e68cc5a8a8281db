import { describe, it, expect } from '@jest/globals';
import { addonFailure } from '../../../src/audio/loadDecibri.ts';
import { recorderFailure } from '../../../src/audio/recorder.ts';

/** The error of decibri when its addon does not load: the reasons are in the chain of causes. */
const notLoaded = (...reasons: string[]): Error =>
  new Error('Cannot find native binding.', {
    cause: reasons.reduceRight<Error | undefined>((cause, reason) => new Error(reason, cause && { cause }), undefined),
  });

describe('addonFailure', () => {
  it('names the package when the ALSA library is missing', () => {
    const cause = notLoaded('libasound.so.2: cannot open shared object file: No such file or directory', 'no module');
    const error = addonFailure('microphone', cause, 'linux-x64');
    expect(error).toMatchObject({ kind: 'microphone', retryable: false, cause });
    expect(error.message).toBe(
      'the audio addon did not load: libasound.so.2 is missing, install it with: sudo apt-get install libasound2 ' +
        '(Debian 13, Ubuntu 24.04 and later: libasound2t64)',
    );
  });

  it.each([
    ['darwin-x64', "Cannot find module '@decibri/decibri-darwin-x64'", 'darwin-x64'],
    ['linux-x64', "Cannot find module '@decibri/decibri-linux-x64-musl'", 'linux-x64 with musl'],
    ['freebsd-x64', 'Unsupported OS: freebsd', 'freebsd-x64'],
  ])('suggests a pipe on %s', (platform, reason, named) => {
    expect(addonFailure('microphone', notLoaded(reason), platform).message).toBe(
      `the audio addon did not load: decibri has none for ${named}; record with another program and ` +
        'pipe raw PCM into pcmStream(process.stdin)',
    );
  });

  it('suggests reinstalling it where it should exist', () => {
    expect(addonFailure('file', notLoaded("Cannot find module './decibri.node'"), 'win32-x64').message).toMatch(
      /^the audio addon did not load: it is missing or damaged for win32-x64, reinstall .*npm install --include=optional$/,
    );
  });
});

describe('recorderFailure', () => {
  it.each([
    ['MULTIPLE_DEVICES_MATCH', false, /give more of the name/],
    ['PERMISSION_DENIED', false, /allow this program/],
    ['STREAM_OPEN_FAILED', true, /no other program holds the device$/],
    ['CHANNEL_MAP_OUT_OF_RANGE', false, /channels that the device has, as `rxscribe devices` counts them$/],
  ])('of %s keeps the cause and gives advice', (code, retryable, advice) => {
    const cause = Object.assign(new Error('As decibri reports it.'), { code });
    const error = recorderFailure(cause);
    expect(error).toMatchObject({ kind: 'microphone', retryable, cause });
    expect(error.message).toMatch(/^microphone: As decibri reports it; /);
    expect(error.message).toMatch(advice);
  });

  it('gives advice for an index out of range, which has no code', () => {
    const error = recorderFailure(new RangeError('device index out of range. Call Microphone.devices()'));
    expect(error.message).toMatch(/as `rxscribe devices` lists them$/);
  });

  it('passes an unknown message on', () => {
    expect(recorderFailure(new Error('something else')).message).toBe('microphone: something else');
    expect(recorderFailure('a string').message).toBe('microphone: a string');
  });

  it('returns a TranscriptionError unchanged', () => {
    const own = addonFailure('microphone', new Error('no addon'), 'linux-x64');
    expect(recorderFailure(own)).toBe(own);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../../src/cli/terminal/status.ts';

describe('Status', () => {
  const options = {
    sampleRate: 16_000,
    microphone: true,
    keys: ['q ends'],
    keysWhilePaused: ['space resumes'],
    maxOutage: 300_000,
  };
  const begin = { type: 'Begin', id: 'a', expires_at: 0, session: 0 } as const;

  it('shows time, connection, level and delay as far as they fit', () => {
    const status = new Status(options);
    expect(status.line(80)).toEqual({ state: 'waiting', text: 'connecting  0:00  ░░░░░░░░░░░░ -96 dB  q ends' });
    status.addAudio(new Uint8Array(new Int16Array(16_000 * 61).fill(3277).buffer));
    status.update(begin);
    expect(status.line(80)).toEqual({ state: 'live', text: 'live  1:01  ████████░░░░ -20 dB  q ends' });
    expect(status.line(12).text).toBe('live  1:01');
    expect(status.line(2).text).toBe('');
  });

  it('shows that there is no speech, with several channels only if all are silent', () => {
    const status = new Status(options);
    const suspended = { type: 'Suspended', session: 0, atMs: 0 } as const;
    status.update(suspended);
    expect(status.line(18)).toEqual({ state: 'waiting', text: 'waiting for speech' });
    status.update(suspended);
    status.update({ type: 'Resumed', session: 0, atMs: 0 });
    expect(status.line(10).text).toBe('connecting');
    status.update(begin);
    expect(status.line(10)).toEqual({ state: 'live', text: 'live  0:00' });
  });

  it('shows buffered audio while reconnecting, and pauses', () => {
    const status = new Status(options);
    status.update(begin);
    status.update({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 9, replayMs: 1500, reason: '' });
    status.addAudio(new Uint8Array(32_000));
    expect(status.line(30)).toEqual({ state: 'offline', text: 'reconnecting, 2.5 s buffered' });
    status.update(begin);
    status.paused = true;
    expect(status.line(80)).toEqual({ state: 'waiting', text: 'paused, nothing is sent  0:01  space resumes' });
    status.ending = true;
    expect(status.line(14).text).toBe('ending  0:01');
  });

  it('shows that this device recognises the audio instead of the service', () => {
    const status = new Status(options);
    status.update({ ...begin, runsOn: 'device' });
    expect(status.line(30)).toEqual({ state: 'live', text: 'live, on this device  0:00' });
    status.update({ ...begin, runsOn: 'service' });
    expect(status.line(12).text).toBe('live  0:00');
  });

  it('shows the position in a recording', () => {
    const status = new Status({ ...options, microphone: false });
    status.lengthMs = 3_725_000;
    expect(status.line(80).text).toBe('connecting  0:00 of 1:02:05  q ends');
  });

  it('counts attempts and the time left if it never connected', () => {
    const status = new Status(options);
    status.update({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 9, replayMs: 0, reason: '' });
    status.update({ type: 'Reconnecting', session: 0, attempt: 4, delayMs: 9, replayMs: 0, reason: '' });

    expect(status.line(80)).toEqual({
      state: 'offline',
      text: expect.stringMatching(/^cannot connect, attempt 4, gives up in [45]:\d\d {2}0:00/),
    });
  });
});

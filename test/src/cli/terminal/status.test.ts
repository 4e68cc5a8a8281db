import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../../src/cli/terminal/status.ts';

describe('Status', () => {
  const options = { sampleRate: 16_000, microphone: true, keys: ['q ends'] };
  const begin = { type: 'Begin', id: 'a', expires_at: 0, session: 0 } as const;

  it('shows time, connection, level and delay as far as they fit', () => {
    const status = new Status(options);
    expect(status.line(80)).toBe('0:00  connecting  ░░░░░░░░░░░░ -96 dB  q ends');
    status.addAudio(new Uint8Array(new Int16Array(16_000 * 61).fill(3277).buffer));
    status.update(begin);
    expect(status.line(80)).toBe('1:01  live  ████████░░░░ -20 dB  q ends');
    expect(status.line(12)).toBe('1:01  live');
    expect(status.line(2)).toBe('');
  });

  it('shows buffered audio while reconnecting, and pauses', () => {
    const status = new Status(options);
    status.update(begin);
    status.update({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 9, replayMs: 1500, reason: '' });
    status.addAudio(new Uint8Array(32_000));
    expect(status.line(30)).toBe('0:01  reconnecting, 2.5 s kept');
    status.update(begin);
    status.paused = true;
    expect(status.line(80)).toBe('0:01  paused, nothing is sent  q ends');
    status.ending = true;
    expect(status.line(14)).toBe('0:01  ending');
  });

  it('shows the position in a recording', () => {
    const status = new Status({ ...options, microphone: false });
    status.lengthMs = 3_725_000;
    expect(status.line(80)).toBe('0:00 of 1:02:05  connecting  q ends');
  });
});

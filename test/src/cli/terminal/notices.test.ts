import { describe, expect, it } from '@jest/globals';
import type { TranscriptionEvent } from '../../../../operators/events.ts';
import { eventNotices } from '../../../../src/cli/terminal/notices.ts';

const begin: TranscriptionEvent = { type: 'Begin', id: 'a', expires_at: 0, session: 0 };
const gap: TranscriptionEvent = { type: 'AudioGap', session: 0, startMs: 1000, endMs: 2500, reason: 'error' };
const reconnecting: TranscriptionEvent = {
  type: 'Reconnecting',
  session: 0,
  attempt: 1,
  delayMs: 250,
  replayMs: 1300,
  reason: 'the connection\nbroke',
};

describe('eventNotices', () => {
  it('reports a lost connection and its return', () => {
    const notice = eventNotices();

    expect(notice(begin)).toBeUndefined();
    expect(notice(reconnecting)).toBe('reconnecting in 0.3 s, 1.3 s of audio to send again: the connection broke');
    expect(notice({ ...begin, session: 1 })).toMatch(/^reconnected after \d+\.\d s$/);
    expect(notice({ ...begin, session: 2 })).toBeUndefined();
  });

  it('reports without a status line that there is no speech', () => {
    const suspended = { type: 'Suspended', session: 0, atMs: 65_000 } as const;

    expect(eventNotices()(suspended)).toBeUndefined();
    expect(eventNotices(false)(suspended)).toBe('waiting for speech since 1:05; no session is open');
  });

  it('reports a failing connection again only if the reason changes', () => {
    const notice = eventNotices();

    expect(notice(reconnecting)).toBe('cannot connect, trying again: the connection broke');
    expect(notice({ ...reconnecting, attempt: 2 })).toBeUndefined();
    expect(notice({ ...reconnecting, attempt: 3, reason: 'refused' })).toBe('cannot connect, trying again: refused');
    expect(notice(begin)).toMatch(/^connected after/);
  });

  it('reports that this device continues, and that the service has returned', () => {
    const notice = eventNotices();

    expect(notice({ ...begin, runsOn: 'service' })).toBeUndefined();
    notice(reconnecting);
    expect(notice({ ...begin, runsOn: 'device' })).toMatch(/^this device continues after \d+\.\d s$/);
    expect(notice({ ...begin, runsOn: 'service' })).toBe('the service recognises the speech again');
  });

  it('reports gaps once a session has begun', () => {
    const notice = eventNotices();

    expect(notice(gap)).toBeUndefined();
    notice(begin);
    expect(notice(gap)).toBe('not transcribed: 1.0 s to 2.5 s (error)');
  });

  it('reports warnings without escape sequences', () => {
    const warning: TranscriptionEvent = { type: 'Warning', warning_code: 1, warning: 'slow\u001b[2J down', session: 0 };

    expect(eventNotices()(warning)).toBe('warning: slow down');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Turn } from '../../../../operators/events.ts';
import { columnsOf } from '../../../../src/captions/columnsOf.ts';
import { jsonLine } from '../../../../src/captions/jsonLine.ts';
import { printable } from '../../../../src/cli/terminal/printable.ts';
import { sayingOf } from '../../../../src/cli/terminal/partialText.ts';
import { Status } from '../../../../src/cli/terminal/status.ts';
import { lastLines } from '../../../../src/cli/terminal/lastLines.ts';

describe('printable', () => {
  it('takes away what would be an order to the terminal', () => {
    expect(printable('a\u001b[31mred\u001b[0m b\u001b]0;title\u0007 c\u009b2Jd\u0000\u007fe')).toBe('ared b cde');
  });

  it('makes one line of many', () => {
    expect(printable(' one\r\ntwo\u2028three\u0085four\t')).toBe('one two three four');
  });

  it('leaves all other text alone', () => {
    expect(printable('Grüße, 世界 👩‍🚀!')).toBe('Grüße, 世界 👩‍🚀!');
  });
});

describe('jsonLine', () => {
  it('holds no control character, and means the same', () => {
    const value = { text: 'a\u001b\u009b2J\u007f\n' };

    expect(jsonLine(value)).toBe(String.raw`{"text":"a\u001b\u009b2J\u007f\n"}`);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});

describe('lastLines', () => {
  it('leaves alone what fits', () => {
    expect(lastLines('twelve chars', 12, 1)).toEqual(['twelve chars']);
    expect(lastLines('', 12, 1)).toEqual([]);
  });

  it('breaks between words, and keeps every character', () => {
    expect(lastLines('one two three four', 9, 3)).toEqual(['one two ', 'three ', 'four']);
  });

  it('cuts from the left', () => {
    expect(lastLines('one two three four', 9, 1)).toEqual(['…four']);
    expect(lastLines('thirteen char', 6, 1)).toEqual(['…char']);
  });

  it('counts wide characters twice, and what is drawn onto others not at all', () => {
    expect([columnsOf('世界'), columnsOf('👩‍🚀'), columnsOf('e\u0301')]).toEqual([4, 2, 1]);
    expect(lastLines('こんにちは世界', 6, 3)).toEqual(['こんに', 'ちは世', '界']);
    expect(lastLines('a👩‍🚀👩‍🚀', 3, 3)).toEqual(['a👩‍🚀', '👩‍🚀']);
  });

  it('looks only at the end of a turn that never ends', () => {
    // measured whole, a fiftieth of it takes 3.4 s and 280 MB, and this no end within the time of a test
    expect(lastLines('word '.repeat(50_000_000), 9, 1)).toEqual(['…word ']);
  });
});

describe('sayingOf', () => {
  const word = (text: string, final: boolean) => ({ text, word_is_final: final, start: 0, end: 0, confidence: 1 });
  const turn: Turn = {
    type: 'Turn',
    session: 0,
    turn_order: 0,
    isFinal: false,
    end_of_turn: false,
    turn_is_formatted: false,
    end_of_turn_confidence: 0,
    transcript: 'turn left',
    words: [word('turn', true), word('left', false)],
  };

  it('tells what may change from what stays', () => {
    expect(sayingOf(turn)).toEqual({ settled: 'turn ', open: 'left' });
    expect(sayingOf({ ...turn, words: [] })).toEqual({ settled: 'turn left', open: '' });
  });

  it('shows the words that the text leaves out', () => {
    expect(sayingOf({ ...turn, transcript: 'turn' })).toEqual({ settled: 'turn ', open: 'left' });
  });

  it('names the speaker, where one is known', () => {
    expect(sayingOf({ ...turn, speaker_label: 'A' })).toEqual({ settled: 'A: turn ', open: 'left' });
    expect(sayingOf({ ...turn, speaker_label: 'PENDING' })).toEqual({ settled: 'turn ', open: 'left' });
  });
});

describe('the status', () => {
  const options = { sampleRate: 16_000, microphone: true, keys: ['q ends'] };
  const begin = { type: 'Begin', id: 'a', expires_at: 0, session: 0 } as const;

  it('tells time, link, level and delay, as much as fits', () => {
    const status = new Status(options);
    expect(status.line(80)).toBe('0:00  connecting  ░░░░░░░░░░░░ -96 dB  q ends');
    status.heard(new Uint8Array(new Int16Array(16_000 * 61).fill(3277).buffer));
    status.told(begin);
    expect(status.line(80)).toBe('1:01  live  ████████░░░░ -20 dB  q ends');
    expect(status.line(12)).toBe('1:01  live');
    expect(status.line(2)).toBe('');
  });

  it('tells what is kept while the link is down, and when nothing is sent', () => {
    const status = new Status(options);
    status.told(begin);
    status.told({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 9, replayMs: 1500, reason: '' });
    status.heard(new Uint8Array(32_000));
    expect(status.line(30)).toBe('0:01  reconnecting, 2.5 s kept');
    status.told(begin);
    status.paused = true;
    expect(status.line(80)).toBe('0:01  paused, nothing is sent  q ends');
    status.ending = true;
    expect(status.line(14)).toBe('0:01  ending');
  });

  it('tells how far a recording is', () => {
    const status = new Status({ ...options, microphone: false });
    status.lengthMs = 3_725_000;
    expect(status.line(80)).toBe('0:00 of 1:02:05  connecting  q ends');
  });
});

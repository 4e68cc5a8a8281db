import { describe, expect, it } from '@jest/globals';
import { stats, turn } from '../../../../operators/testing/index.ts';
import { RunSummary } from '../../../../src/cli/outputs/runSummary.ts';

describe('RunSummary', () => {
  it('counts words, and how long sessions were open', () => {
    const summary = new RunSummary();
    summary.update(turn('Hello there.', { final: true }));
    summary.update(stats({ capturedMs: 90_000, openMs: 61_000 }));

    expect(summary.line(90_000, ['a.srt'])).toBe('1:30 of audio, 2 words, sessions were open for 1:01; wrote a.srt');
  });

  it.each([
    [0.45, 3_600_000, '0.45'],
    [0.45, 36_000, '0.0045'],
    [100, 3_600_000, '100.00'],
    [0, 3_600_000, '0.00'],
  ])('prints what they cost at %d an hour for %d ms', (price, openMs, cost) => {
    const summary = new RunSummary(price);
    summary.update(stats({ openMs }));

    expect(summary.line(1000, [])).toMatch(new RegExp(`, which costs ${cost.replace('.', '[.]')}$`));
  });
});

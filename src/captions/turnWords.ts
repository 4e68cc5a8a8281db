import type { Turn } from '../../operators/events.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';

/** A word with text, and times in whole milliseconds that never decrease. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string | undefined;
}

/** Latest valid time: 100,000 hours. Beyond it, timestamps would stop being readable. */
const MAX_MS = 360_000_000_000;

/**
 * Returns the words of a turn that have text. A time that is missing, not finite or out of range is replaced by the end
 * of the previous word; words without a speaker have that of the turn.
 */
export function turnWords(turn: Turn): TimedWord[] {
  const speaker = speakerName(turn.speaker_label);
  const words: TimedWord[] = [];
  let previousMs = 0;
  for (const word of listOf(turn.words)) {
    const text = singleLine(word.text);
    if (text === '') continue;
    const startMs = Math.max(previousMs, validTime(word.start) ?? previousMs);
    const endMs = Math.max(startMs, validTime(word.end) ?? startMs);
    previousMs = endMs;
    words.push({ text, startMs, endMs, speaker: speakerName(word.speaker) ?? speaker });
  }
  return words;
}

/** Returns a time in whole milliseconds; `undefined` if it is not a time on the audio clock. */
export function validTime(ms: unknown): number | undefined {
  return typeof ms === 'number' && ms >= 0 && ms <= MAX_MS ? Math.round(ms) : undefined;
}

interface AnyWord {
  readonly text?: unknown;
  readonly start?: unknown;
  readonly end?: unknown;
  readonly speaker?: unknown;
}

/** Events may come from anywhere, so `words` may be anything. */
function listOf(words: unknown): AnyWord[] {
  if (!Array.isArray(words)) return [];
  return words.filter((word: unknown): word is AnyWord => typeof word === 'object' && word !== null);
}

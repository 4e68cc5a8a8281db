import type { Word } from '../../operators/events.ts';

/** A stretch of a session's audio, in milliseconds of its clock. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A word whose times may be missing, or beyond the audio. */
export type UntimedWord = Omit<Word, 'start' | 'end'> & { readonly start?: number; readonly end?: number };

/** Longest session, in milliseconds: ten days. The service ends one after three hours, but another service may not. */
const LONGEST_SESSION_MS = 240 * 3_600_000;
/** How far a time may exceed the audio that was sent, in milliseconds. Models place the last end up to 1.3 s late. */
const TOLERANCE_MS = 60_000;
/** Length of a word whose end is unknown, in milliseconds, at most. */
const WORD_MS = 300;

/** Whether a value can be a time of a session, in milliseconds. */
export function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_SESSION_MS;
}

/**
 * Gives every word whole times, in order of the list: valid ones are rounded, and words without valid times share the
 * stretch between their neighbours evenly, at most 300 ms each. Returns the same list if nothing is to be changed.
 *
 * @param stretch Where the words can be: from the last final to the audio that was sent.
 */
export function withTimes(words: readonly UntimedWord[], stretch: Stretch): readonly Word[] {
  const limit = stretch.to + TOLERANCE_MS;
  if (words.every((word): word is Word => hasWholeTimes(word, limit))) return words;
  const isKnown = (ms: number | undefined): ms is number => ms !== undefined && ms <= limit;
  const timed: Word[] = [];
  let { from } = stretch;
  let next = 0;
  while (next < words.length) {
    const first = next;
    while (next < words.length && !isKnown(words[next]?.start)) next += 1;
    const to = Math.max(from, words[next]?.start ?? stretch.to);
    const step = Math.min(WORD_MS, (to - from) / Math.max(1, next - first));
    for (const [index, word] of words.slice(first, next).entries()) {
      const start = Math.round(from + index * step);
      timed.push({ ...word, start, end: Math.round(from + (index + 1) * step) });
    }
    const known = words[next];
    if (!known) break;
    const start = Math.round(known.start ?? from);
    const following = words[next + 1]?.start;
    const latest = isKnown(following) && following >= start ? Math.min(following, start + WORD_MS) : start + WORD_MS;
    const end = isKnown(known.end) && known.end >= start ? Math.round(known.end) : Math.round(latest);
    timed.push({ ...known, start, end });
    from = end;
    next += 1;
  }
  return timed;
}

function hasWholeTimes({ start, end }: UntimedWord, limit: number): boolean {
  return Number.isInteger(start) && Number.isInteger(end) && Number(start) <= Number(end) && Number(end) <= limit;
}

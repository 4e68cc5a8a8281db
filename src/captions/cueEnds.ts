import type { BreakQuality, Segment } from './breakOpportunities.ts';
import { LINE_COLUMNS, MAX_CUE_MS, MAX_DRIFT_MS, MIN_CUE_MS } from './captionLimits.ts';
import type { LineLayout } from './lineLayout.ts';

/** Cost of ending a cue there. Each cue costs 1 by itself, and up to 1 more when it is nearly empty. */
const BREAK_COST: Readonly<Record<BreakQuality, number>> = { sentence: 0, clause: 2, word: 4 };
/** Most segments in a cue: two full lines of segments of one column, and some without width. */
const MAX_SEGMENTS = 4 * LINE_COLUMNS;
/** Longer turns, of an hour and more, get their cues one after the other: the best choice takes too long. */
const MAX_CHOICES = 10_000;
/** A cue this many milliseconds shorter than the minimum costs 1. */
const TOO_SHORT_MS = 500;

/** Chooses where cues end, as indexes after their last segments, so that the total cost is lowest. */
export function cueEnds(segments: readonly Segment[], layout: LineLayout): number[] {
  return segments.length > MAX_CHOICES ? longestCues(segments, layout) : bestCues(segments, layout);
}

function longestCues(segments: readonly Segment[], layout: LineLayout): number[] {
  const ends: number[] = [];
  let from = 0;
  for (let to = 1; to <= segments.length; to += 1) {
    const fits = to < segments.length && to - from < MAX_SEGMENTS;
    if (fits && costOf(segments, layout, from, to + 1) < Infinity) continue;
    ends.push(to);
    from = to;
  }
  return ends;
}

function bestCues(segments: readonly Segment[], layout: LineLayout): number[] {
  const best = [{ cost: 0, from: 0 }];
  for (let to = 1; to <= segments.length; to += 1) {
    let choice = { cost: Infinity, from: to - 1 };
    for (let from = to - 1; from >= Math.max(0, to - MAX_SEGMENTS); from -= 1) {
      const cost = (best[from]?.cost ?? 0) + costOf(segments, layout, from, to);
      if (cost === Infinity) break; // longer cues are impossible too
      if (cost < choice.cost) choice = { cost, from };
    }
    best.push(choice);
  }
  const ends: number[] = [];
  for (let to = segments.length; to > 0; to = best[to]?.from ?? 0) ends.push(to);
  return ends.toReversed();
}

function costOf(segments: readonly Segment[], layout: LineLayout, from: number, to: number): number {
  const [first, last, next] = [segments[from]!, segments[to - 1]!, segments[to]];
  const single = to - from === 1;
  if (!single && (mustSplit(first, segments[from + 1]!) || last.endMs - first.startMs > MAX_CUE_MS)) return Infinity;
  const lines = layout.breakLine(from, to, LINE_COLUMNS);
  if (!lines) return Infinity;
  const empty = Math.max(0, 1 - layout.columns(from, to) / (2 * LINE_COLUMNS));
  const ending = next && !mustSplit(last, next) ? BREAK_COST[last.breakAfter] : 0;
  const tooShort = next ? Math.max(0, MIN_CUE_MS - (next.startMs - first.startMs)) / TOO_SHORT_MS : 0;
  return 1 + empty ** 2 + ending + tooShort + lines.cost / 2;
}

/** Whether two segments cannot share a cue: a different speaker, or a pause too long to show the second one early. */
function mustSplit(segment: Segment, next: Segment): boolean {
  return segment.speaker !== next.speaker || next.startMs - segment.endMs >= MAX_DRIFT_MS;
}

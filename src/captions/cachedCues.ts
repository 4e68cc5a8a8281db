import type { FinalTurn } from '../../operators/events.ts';
import { cues } from './cues.ts';
import type { Cue, CueOptions } from './cues.ts';

interface CacheEntry {
  readonly after: number;
  readonly speaker: string | undefined;
  readonly cues: readonly Cue[];
}

/** The latest cues of each turn, with and without speaker names. Turns are immutable, so entries never go stale. */
const named = new WeakMap<FinalTurn, CacheEntry>();
const unnamed = new WeakMap<FinalTurn, CacheEntry>();

/** Returns the cues of a turn, cached for as long as the turn lives, because complete documents are written again and again. */
export function cachedCues(turn: FinalTurn, options: CueOptions & { readonly after: number }): readonly Cue[] {
  const { after, speaker } = options;
  const cache = options.named ? named : unnamed;
  const entry = cache.get(turn);
  if (entry?.after === after && entry.speaker === speaker) return entry.cues;
  const found = cues(turn, options);
  cache.set(turn, { after, speaker, cues: found });
  return found;
}

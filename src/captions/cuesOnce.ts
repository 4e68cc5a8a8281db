import type { FinalTurn } from '../../operators/events.ts';
import { cues } from './cues.ts';
import type { Cue, CueOptions } from './cues.ts';

interface Known {
  readonly after: number;
  readonly speaker: string | undefined;
  readonly cues: readonly Cue[];
}

/** The cues of turns as last asked for, with names and without. Turns never change: a changed one is another object. */
const withNames = new WeakMap<FinalTurn, Known>();
const without = new WeakMap<FinalTurn, Known>();

/** Gives the cues of a turn, at no cost where they were asked for before: whole documents are written time and again. */
export function cuesOnce(turn: FinalTurn, options: CueOptions & { readonly after: number }): readonly Cue[] {
  const { after, named = false, speaker } = options;
  const memory = named ? withNames : without;
  const known = memory.get(turn);
  if (known?.after === after && known.speaker === speaker) return known.cues;
  const found = cues(turn, options);
  memory.set(turn, { after, speaker, cues: found });
  return found;
}

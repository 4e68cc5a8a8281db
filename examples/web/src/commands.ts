import { map } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from 'rxscribe';

/** What a turn asks for: to be written down, or something else to be done. */
export type Edit =
  | { readonly type: 'write'; readonly text: string }
  | { readonly type: 'new line' }
  | { readonly type: 'clear' }
  | { readonly type: 'stop' };

const COMMANDS: ReadonlyMap<string, Edit> = new Map<string, Edit>([
  ['new line', { type: 'new line' }],
  ['clear', { type: 'clear' }],
  ['stop listening', { type: 'stop' }],
]);

/** Turns finals into edits. Of finals, since a partial may still change; a command is all that was said in its turn. */
export function commands(): OperatorFunction<FinalTurn, Edit> {
  return map(({ transcript }) => COMMANDS.get(wordsOf(transcript)) ?? { type: 'write', text: transcript });
}

function wordsOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z ]/g, '');
}

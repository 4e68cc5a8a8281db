import { map } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from 'rxscribe';

/** What a turn does: it writes its text, or is a command. */
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

/** Turns finals into edits. A command must be the whole turn; partials cannot be commands because they may change. */
export function commands(): OperatorFunction<FinalTurn, Edit> {
  return map(({ transcript }) => COMMANDS.get(wordsOf(transcript)) ?? { type: 'write', text: transcript });
}

function wordsOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z ]/g, '');
}

import type { TranscriptionEvent, Turn } from '../../operators/events.ts';
import { jsonLine, printable } from './printable.ts';
import type { View } from './terminal.ts';

/** Writes each event as one line of JSON. */
export function printJson(view: View): (event: TranscriptionEvent) => void {
  return (event) => view.line(jsonLine(event));
}

/** Writes finals as lines, and shows the partial where that can be rewritten. */
export function printText(view: View): (event: TranscriptionEvent) => void {
  return (event) => {
    if (event.type === 'Turn') printTurn(event, view);
  };
}

/** What the service writes where it does not know yet who speaks. */
const NOBODY = new Set(['PENDING', 'UNKNOWN']);

function printTurn(turn: Turn, view: View): void {
  const { speaker_label: speaker, transcript } = turn;
  const text = printable(speaker && !NOBODY.has(speaker) ? `${speaker}: ${transcript}` : transcript);
  if (turn.isFinal) view.line(text);
  else view.partial(text);
}

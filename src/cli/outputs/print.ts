import type { TranscriptionEvent } from '../../../operators/events.ts';
import { jsonLine } from '../../captions/jsonLine.ts';
import { partialText, turnText } from '../terminal/partialText.ts';
import type { View } from '../terminal/view.ts';

/** Prints each event as one line of JSON. */
export function printJson(view: View): (event: TranscriptionEvent) => void {
  return (event) => view.line(jsonLine(event));
}

/** Prints finals as lines and shows partials if the view is live. */
export function printText(view: View): (event: TranscriptionEvent) => void {
  return (event) => {
    if (event.type !== 'Turn') return;
    if (event.isFinal) view.line(turnText(event));
    else if (view.live) view.partial(partialText(event));
  };
}

import type { TranscriptionEvent } from '../../../operators/events.ts';
import { jsonLine } from '../../captions/jsonLine.ts';
import { sayingOf, textOf } from '../terminal/partialText.ts';
import type { View } from '../terminal/openView.ts';

/** Writes each event as one line of JSON. */
export function printJson(view: View): (event: TranscriptionEvent) => void {
  return (event) => view.line(jsonLine(event));
}

/** Writes finals as lines, and shows the partial where that can be rewritten. */
export function printText(view: View): (event: TranscriptionEvent) => void {
  return (event) => {
    if (event.type !== 'Turn') return;
    if (event.isFinal) view.line(textOf(event));
    else if (view.live) view.partial(sayingOf(event));
  };
}

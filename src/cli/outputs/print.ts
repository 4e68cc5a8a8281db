import type { TranscriptionEvent } from '../../../operators/events.ts';
import type { CaptionFormat } from '../../captions/captionFormats.ts';
import { DOCUMENT_WRITERS } from '../../captions/documentWriters.ts';
import { turnWriter } from '../../captions/documentWriter.ts';
import type { DocumentWriter } from '../../captions/documentWriter.ts';
import { jsonLine } from '../../captions/jsonLine.ts';
import { partialText, turnText } from '../terminal/partialText.ts';
import type { View } from '../terminal/view.ts';

type Print = (event: TranscriptionEvent) => void;

/** Returns what prints each event in a format: text as lines with live partials, NDJSON, or a caption document. */
export function printerOf(format: CaptionFormat, view: View): Print {
  if (format === 'text') return printText(view);
  const document = DOCUMENT_WRITERS[format];
  return document ? printDocument(view, document) : (event) => view.line(jsonLine(event));
}

function printText(view: View): Print {
  return (event) => {
    if (event.type !== 'Turn') return;
    if (event.isFinal) view.paragraph(turnText(event));
    else if (view.live) view.partial(partialText(event));
  };
}

/** Prints a document turn by turn. Later corrections of speakers are not included, because stdout cannot be rewritten. */
function printDocument(view: View, document: DocumentWriter): Print {
  const write = turnWriter(document);
  // `line` appends the line break that ends each piece
  const print = (piece: string): void => {
    if (piece !== '') view.line(piece.replace(/\n$/, ''));
  };
  print(document.header);
  return (event) => {
    if (event.type !== 'Turn') return;
    if (event.isFinal) print(write(event));
    else if (view.live) view.partial(partialText(event));
  };
}

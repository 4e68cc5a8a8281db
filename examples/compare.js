// Transcribes a recording twice at once, by the service and on this device, and prints both side by side. With a text of
// what was said, it also prints the word errors of each.
//
//   ASSEMBLYAI_API_KEY=… node compare.js talk.wav models/moonshine-tiny-en talk.txt
import { readFile } from 'node:fs/promises';
import { forkJoin, map, reduce } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { transcribeLocally } from 'rxscribe/local';
import { bufferBytes, finals } from 'rxscribe/operators';

const [recording = 'talk.wav', model = 'models/moonshine-tiny-en', reference] = process.argv.slice(2);
const said = reference && wordsOf(await readFile(reference, 'utf8'));
const COLUMN = 38;

const service = transcribe({
  apiKey: process.env.ASSEMBLYAI_API_KEY,
  speechModel: 'universal-3-6-pro',
  sampleRate: 16_000,
});
const device = transcribeLocally({ model });

const textBy = (recognise) =>
  audioFile(recording).pipe(
    bufferBytes(3200),
    recognise,
    finals(),
    reduce((text, turn) => `${text} ${turn.transcript}`, ''),
    map((text) => text.trim()),
  );

forkJoin({ service: textBy(service), device: textBy(device) }).subscribe((texts) => {
  const columns = [wrap(texts.service), wrap(texts.device)];
  const rows = Math.max(...columns.map((lines) => lines.length));
  const line = (left = '', right = '') => `${left.padEnd(COLUMN)}  ${right}`.trimEnd();
  console.log(line('service', 'this device'));
  for (let row = 0; row < rows; row++) console.log(line(columns[0][row], columns[1][row]));
  if (!said) return;
  for (const [side, text] of Object.entries(texts)) {
    const errors = wordErrors(said, wordsOf(text));
    console.log(`${side}: ${errors} of ${said.length} words wrong (${((100 * errors) / said.length).toFixed(1)} %)`);
  }
});

/** Breaks a text into lines of at most `COLUMN` letters. */
function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > COLUMN) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The words of a text without case and punctuation. */
function wordsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** How many words must be replaced, inserted or removed to make one text the other. */
function wordErrors(expected, actual) {
  let row = actual.map((_, index) => index + 1);
  row.unshift(0);
  for (const word of expected) {
    const next = [row[0] + 1];
    for (const [at, other] of actual.entries()) {
      next.push(Math.min(row[at] + (word === other ? 0 : 1), row[at + 1] + 1, next[at] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

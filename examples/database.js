// Saves finals to a database in batches; the last batch may be smaller.
//   node examples/database.js talk.wav turns.jsonl 20
import { appendFile } from 'node:fs/promises';
import { EMPTY, bufferCount, catchError, concatMap, map } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { bufferBytes, finals } from 'rxscribe/operators';

const [recording = 'talk.wav', table = 'turns.jsonl', size = '20'] = process.argv.slice(2);

/** Stands for an INSERT of several rows: the table is a file with one line of JSON per row. */
async function insert(rows) {
  await appendFile(table, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return rows.length;
}

await audioFile(recording, { speed: Infinity })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    finals(),
    map(({ turn_order: id, words, transcript }) => ({ id, startMs: words[0].start, transcript })),
    catchError((error) => {
      console.error(error.message);
      process.exitCode = 1;
      return EMPTY; // an error would make bufferCount drop the rows it holds
    }),
    bufferCount(Number(size)),
    concatMap(insert), // one batch at a time, in order
  )
  .forEach((count) => console.log(`${count} saved`));

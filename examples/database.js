// Saves what was said into a database, many rows at a time, and the last few, too.
//   node examples/database.js talk.wav turns.jsonl 20
import { appendFile } from 'node:fs/promises';
import { EMPTY, bufferCount, catchError, concatMap, map } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { bufferBytes, finals, turns } from 'rxscribe/operators';

const [recording = 'talk.wav', table = 'turns.jsonl', size = '20'] = process.argv.slice(2);

/** Stands for an INSERT of many rows: a file with a line of JSON for each is the table. */
async function insert(rows) {
  await appendFile(table, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return rows.length;
}

await audioFile(recording, { speed: Infinity })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
    turns(),
    finals(),
    map(({ turn_order: id, words, transcript }) => ({ id, startMs: words[0].start, transcript })),
    catchError((error) => {
      console.error(error.message);
      process.exitCode = 1;
      return EMPTY; // an error would make bufferCount drop what it holds
    }),
    bufferCount(Number(size)),
    concatMap(insert), // one batch after the other
  )
  .forEach((count) => console.log(`${count} saved`));

// Keeps a transcription in a database, and continues it after a crash. node:sqlite is in Node 22.13; any database will do.
//   node examples/durable-database.js talk.pcm talk.db
import { createReadStream } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pcmStream, transcribe } from 'rxscribe';
import { START, advance, bufferBytes } from 'rxscribe/operators';

const [path = 'talk.pcm', file = 'talk.db'] = process.argv.slice(2);
const BYTES_PER_MS = 32; // 16 kHz, 16-bit, mono
const options = { apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 };

const database = new DatabaseSync(file);
database.exec('CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO events (event) VALUES (?)');
const stored = database.prepare('SELECT event FROM events ORDER BY id').all();
const from = stored.map(({ event }) => JSON.parse(event)).reduce(advance, START); // the events are the checkpoint

await pcmStream(createReadStream(path, { start: from.positionMs * BYTES_PER_MS }))
  .pipe(bufferBytes(3200, { padTail: true }), transcribe({ ...options, from }))
  .forEach((event) => {
    insert.run(JSON.stringify(event)); // before anything else uses the event
    if (event.type === 'Turn' && event.isFinal) console.log(event.transcript);
  });
database.close();

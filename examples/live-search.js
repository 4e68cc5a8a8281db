// Searches while you speak: each partial cancels the search for the previous one.
//   node examples/live-search.js
import { readFile } from 'node:fs/promises';
import { debounceTime, defer, distinctUntilChanged, fromEvent, map, switchMap } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { bufferBytes, turns } from 'rxscribe/operators';

const lines = (await readFile(new URL('../README.md', import.meta.url), 'utf8')).split('\n');

/** Stands for a request: sent on subscription, cancelled on unsubscription. */
const search = (phrase) => defer(async () => lines.filter((line) => line.toLowerCase().includes(phrase)));

await microphone({ stop: fromEvent(process, 'SIGINT') })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    turns(),
    map(({ transcript }) => transcript.toLowerCase().match(/\w+/g)?.at(-1) ?? ''),
    distinctUntilChanged(),
    debounceTime(100),
    switchMap((word) => search(word).pipe(map((found) => `${word}: ${found.length} lines`))),
  )
  .forEach((line) => console.log(line));

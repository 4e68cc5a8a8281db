// Writes hours of captions into five files and onto the captions page, and prints samples of the process as lines of JSON.
// Run with --expose-gc and these arguments: a new folder, hours of speech, samples per hour. The first line is the address of the page;
// it starts when a line arrives on standard input.
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTask } from 'node:timers/promises';
import { Subject, lastValueFrom, share } from 'rxjs';
import { captionFile } from 'rxscribe/files';
import { captionsServer } from 'rxscribe/page';

const [folder, hours, perHour] = process.argv.slice(2);
/** 150 words a minute, in turns of 20 words. */
const TURNS_PER_HOUR = 450;
const TURN_MS = 8000;
const WORDS =
  'so the next thing that we have to decide tonight is whether the library stays open on Sundays or not'.split(' ');

/** The events of a turn, as parsed from the service. Every 50th final is followed by a correction of speakers. */
function eventsOf(order) {
  const turn = (isFinal, count) => ({
    type: 'Turn',
    session: 0,
    turn_order: order,
    isFinal,
    end_of_turn: isFinal,
    turn_is_formatted: isFinal,
    end_of_turn_confidence: 1,
    speaker_label: order % 3 === 0 ? 'A' : 'B',
    transcript: WORDS.slice(0, count).join(' '),
    words: WORDS.slice(0, count).map((text, index) => ({
      text,
      start: order * TURN_MS + index * 380,
      end: order * TURN_MS + index * 380 + 300,
      confidence: 0.9,
      word_is_final: true,
      speaker: order % 3 === 0 ? 'A' : 'B',
    })),
  });
  const revisions = [{ turn_order: order - 20, speaker_label: 'C' }];
  const events = [turn(false, 7), turn(false, 14), turn(true, WORDS.length)];
  if (order % 50 === 49) events.push({ type: 'SpeakerRevision', session: 0, revisions });
  return JSON.parse(JSON.stringify(events));
}

const event$ = new Subject();
const saved$ = ['txt', 'ndjson', 'srt', 'vtt', 'md'].reduce(
  (source, extension) => source.pipe(captionFile(join(folder, `day.${extension}`))),
  event$,
);
const shared$ = saved$.pipe(share());
const page = await captionsServer(shared$, { port: 0, onError: (error) => console.error(error.message) });
const written = lastValueFrom(shared$);
console.log(JSON.stringify({ url: page.url }));
await once(process.stdin, 'data');

let cpu = process.cpuUsage();
for (let sample = 1, order = 0; sample <= hours * perHour; sample++) {
  for (; order < (sample / perHour) * TURNS_PER_HOUR; order++) {
    for (const event of eventsOf(order)) event$.next(event);
    for (let task = 0; task < 3; task++) await nextTask(); // the files and the viewers get their turn
  }
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc();
  await nextTask(); // buffers are released in a later task
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const msPerTurn = (user + system) / 1000 / (TURNS_PER_HOUR / perHour);
  console.log(JSON.stringify({ hour: sample / perHour, heapUsed, rss, msPerTurn }));
  cpu = process.cpuUsage();
}
event$.complete();
await written;
await page.close();
process.stdin.destroy();

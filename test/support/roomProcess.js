// A worker or an edge of rooms in a process of its own. usage: node roomProcess.js JSON
// {"role":"worker","servers":[…],"url","apiKey","name","slots"?,"options"?}  prints metrics, a line each second
// {"role":"viewer","servers":[…],"rooms":[ROOM]}  prints {"finalMs"} for each final
// {"role":"edge","servers":[…],"rooms":[{"room","pcm":FILE}],"startedAt"?,"spool"?}  prints {"startedAt"}
import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { Observable, fromEvent, merge } from 'rxjs';
import { publishRoom, roomEvents, serveRooms } from '../../dist/src/rooms/index.js';

const FRAME_BYTES = 3200;
const BYTES_PER_MS = 32;
const config = JSON.parse(process.argv[2]);
const nc = await connect({
  servers: config.servers,
  name: config.name,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  waitOnFirstConnect: true,
});
const print = (value) => console.log(JSON.stringify(value));

if (config.role === 'worker') serve();
else if (config.role === 'viewer') await view();
else publish();

function serve() {
  const { url, apiKey, name, slots = 50, options = {} } = config;
  const transcribe = () => ({ apiKey, websocketBaseUrl: url, speechModel: 'universal-3-6-pro', ...options });
  const stop = fromEvent(process, 'SIGTERM');
  const onError = (error, room) => console.error(`${name}, ${room}: ${error.message}`);
  const worker$ = serveRooms(nc, { slots, name, stop, transcribe, onError });
  worker$.subscribe({ next: print, error: fail, complete: close });
}

/** Prints the time from the append of each final to its arrival. */
async function view() {
  nc.subscribe('rx.out.*', {
    callback: (_error, { headers, data }) => {
      const event = JSON.parse(Buffer.from(data).toString());
      if (event.type === 'Turn') print({ finalMs: Date.now() - Number(headers.get('Time')) });
    },
  });
  merge(...config.rooms.map((room) => roomEvents(nc, room))).subscribe();
  await nc.flush();
  print({});
}

function publish() {
  const { rooms, spool } = config;
  const startedAt = { ...config.startedAt };
  const onStart = (room, time) => {
    startedAt[room] = time;
    if (rooms.every((each) => each.room in startedAt)) print({ startedAt });
  };
  const published = rooms.map(({ room, pcm }) =>
    speak(readFileSync(pcm), config.startedAt?.[room], (time) => onStart(room, time)).pipe(
      publishRoom(nc, room, { ...(spool && { spool: `${spool}/${room}` }) }),
    ),
  );
  merge(...published).subscribe({ error: fail, complete: close });
}

/** Plays audio in real time. If an earlier process has started it, it continues with the sample that is due now. */
function speak(pcm, earlierStart, onStart) {
  return new Observable((subscriber) => {
    // a frame is played when its last sample is recorded
    const startedAt = earlierStart ?? Date.now() - FRAME_BYTES / BYTES_PER_MS;
    let at = Math.max(0, 2 * Math.round(((Date.now() - startedAt) * BYTES_PER_MS) / 2) - FRAME_BYTES);
    let timer;
    const play = () => {
      if (at + FRAME_BYTES > pcm.length) return subscriber.complete();
      subscriber.next(pcm.subarray(at, at + FRAME_BYTES));
      at += FRAME_BYTES;
      const due = startedAt + (at + FRAME_BYTES) / BYTES_PER_MS;
      timer = setTimeout(play, Math.max(0, due - Date.now()));
    };
    play();
    onStart(startedAt);
    return () => clearTimeout(timer);
  });
}

function close() {
  void nc.close();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

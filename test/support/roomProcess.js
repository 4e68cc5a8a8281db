// A worker, a viewer or an edge of rooms in a process of its own. usage: node roomProcess.js JSON
// {"role":"worker","servers":[…],"url","apiKey","name","slots"?,"options"?,"probe"?:ROOM}  prints metrics, a line each second;
//   with a probe also {"frameMs"}, from the end of each frame of that room to its arrival
// {"role":"viewer","servers":[…],"rooms":[ROOM]}  prints {"finalMs"} for each final, from its append to its arrival
// {"role":"edge","servers":[…],"rooms":[{"room","pcm":FILE}],"speed"?,"pauses"?:[MS],"startedAt"?,"startMs"?,"spool"?}
//   prints {"startedAt"}; at each pause it waits for a line on stdin; with "startedAt" it continues, at "startMs" or at the
//   position that is due now
import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { Observable, fromEvent, merge } from 'rxjs';
import { publishRoom, roomEvents, serveRooms } from '../../dist/src/rooms/index.js';

const FRAME_BYTES = 3200;
const BYTES_PER_MS = 32;
const FRAME_MS = FRAME_BYTES / BYTES_PER_MS;
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
  const { url, apiKey, name, slots = 50, options = {}, probe } = config;
  const transcribe = () => ({ apiKey, websocketBaseUrl: url, speechModel: 'universal-3-6-pro', ...options });
  const stop = fromEvent(process, 'SIGTERM');
  const onError = (error, room) => console.error(`${name}, ${room}: ${error.message}`);
  const worker$ = serveRooms(nc, { slots, name, stop, transcribe, onError });
  worker$.subscribe({ next: print, error: fail, complete: close });
  if (probe) measureFrames(probe);
}

function measureFrames(room) {
  nc.subscribe(`rx.tape.${room}`, {
    callback: (_error, { headers, data }) => {
      const end = Number(headers.get('Origin')) + (Number(headers.get('At')) + data.length) / BYTES_PER_MS;
      print({ frameMs: Date.now() - end });
    },
  });
}

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
  const clock = audioClock();
  const resumed = countLines();
  const audio = new Map();
  const startedAt = { ...config.startedAt };
  // the frames of different rooms end at different times
  const offsetOf = (index) => (index * FRAME_MS) / rooms.length;
  for (const [index, { room, pcm }] of rooms.entries()) {
    if (!audio.has(pcm)) audio.set(pcm, readFileSync(pcm));
    startedAt[room] ??= Date.now() - FRAME_MS + Math.round(offsetOf(index));
  }
  print({ startedAt });
  const published = rooms.map(({ room, pcm }, index) =>
    speak({ pcm: audio.get(pcm), startedAt: startedAt[room], delay: offsetOf(index), clock, resumed }).pipe(
      publishRoom(nc, room, { ...(spool && { spool: `${spool}/${room}` }) }),
    ),
  );
  merge(...published).subscribe({ error: fail, complete: close });
}

/** Plays audio; each frame is played when its last sample is recorded, at `speed` times real time. */
function speak({ pcm, startedAt, delay, clock, resumed }) {
  const { speed = 1, pauses = [] } = config;
  const { startMs = config.startedAt ? Math.max(0, Date.now() - startedAt - FRAME_MS) : 0 } = config;
  return new Observable((subscriber) => {
    let at = 2 * Math.round((startMs * BYTES_PER_MS) / 2);
    let pause = pauses.filter((ms) => ms * BYTES_PER_MS <= at).length;
    let timer;
    const start = () => play(at, performance.now());
    const play = (from, now) => {
      if (at + FRAME_BYTES > pcm.length) subscriber.complete();
      else if (at >= pauses[pause] * BYTES_PER_MS) void resumed(++pause).then(start);
      else {
        const end = at + FRAME_BYTES;
        clock(startedAt + end / BYTES_PER_MS, () => subscriber.next(pcm.subarray(at, end)));
        at = end;
        const due = now + (at - from) / BYTES_PER_MS / speed;
        timer = setTimeout(() => play(from, now), Math.max(0, due - performance.now()));
      }
    };
    timer = setTimeout(start, delay);
    return () => clearTimeout(timer);
  });
}

/** While a frame is emitted, the clock shows the end of that frame, whatever the speed and the load of the machine. */
function audioClock() {
  const now = Date.now;
  let time;
  Date.now = () => time ?? now();
  return (at, action) => {
    time = at;
    action();
    time = undefined;
  };
}

/** Returns a function that resolves once so many lines were read. */
function countLines() {
  if (!config.pauses) return undefined;
  let lines = 0;
  const waits = [];
  process.stdin.setEncoding('utf8').on('data', (text) => {
    lines += text.split('\n').length - 1;
    for (const wait of waits.splice(0)) wait();
  });
  const resumed = async (count) => {
    if (lines >= count) return;
    await new Promise((resolve) => waits.push(resolve));
    await resumed(count);
  };
  return resumed;
}

function close() {
  process.stdin.destroy();
  void nc.close();
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

// The same work with the pipeline and with a plain script on the SDK: sends frames of 100 ms and receives turns.
import { StreamingTranscriber } from 'assemblyai/streaming';
import { Subject, tap } from 'rxjs';
import { audioFile, pcmStream, transcribe } from '../../../dist/src/index.js';
import { bufferBytes, finals, turns } from '../../../dist/operators/index.js';
import { createReadStream } from 'node:fs';
import { setImmediate as nextTask } from 'node:timers/promises';
import { FRAME_BYTES } from './serviceMessages.js';

// Between pieces of 64 kB both yield to the event loop.
/** Both pause a recording while the socket buffers more than this many bytes (src/streaming/session.ts). */
const MAX_BUFFERED = 64_000;
const WAV_HEADER = 44;
const OPTIONS = { speechModel: 'u3-rt-pro', sampleRate: 16_000, connectTimeout: 60_000 };

/**
 * Transcribes a recording as fast as possible: a `file` or `chunks()`, an async iterable.
 * Resolves to the finals, the `Termination`, and the `Stats` of the pipeline.
 */
export const recorded = {
  async rxscribe({ url, apiKey, file, chunks }) {
    const result = { finals: [] };
    const source = file ? audioFile(file, { speed: Infinity }) : pcmStream(chunks());
    await source
      .pipe(
        bufferBytes(FRAME_BYTES),
        transcribe({ ...OPTIONS, apiKey, websocketBaseUrl: url, catchUpSpeed: Infinity }),
        tap((event) => {
          if (event.type === 'Termination' || event.type === 'Stats') result[event.type] = event;
        }),
        turns(),
        finals(),
      )
      .forEach((turn) => result.finals.push(turn.transcript));
    return result;
  },

  async plain({ url, apiKey, file, chunks }) {
    const result = { finals: [] };
    const transcriber = plainTranscriber(url, apiKey);
    transcriber.on('turn', (turn) => {
      if (turn.end_of_turn) result.finals.push(turn.transcript);
    });
    await transcriber.connect();
    const { socket } = transcriber;
    const frames = [];
    const cut = cutter((frame) => frames.push(frame));
    for await (const chunk of file ? createReadStream(file, { start: WAV_HEADER }) : chunks()) {
      cut(chunk);
      for (const frame of frames.splice(0)) {
        transcriber.sendAudio(frame);
        if (socket.bufferedAmount > MAX_BUFFERED)
          await new Promise((written) => socket.ping(undefined, undefined, written));
      }
      await nextTask();
    }
    result.Termination = await terminationOf(transcriber);
    return result;
  },
};

/**
 * A live stream: `open({ url, onBegin, onTurn, onDone })` returns `push(chunk)` and `end()`. `onDone` is called with the
 * `Termination`.
 */
export const live = {
  rxscribe({ url, apiKey, catchUpSpeed, onBegin, onTurn, onDone, onError }) {
    const source = new Subject();
    let termination;
    source
      .pipe(
        bufferBytes(FRAME_BYTES),
        transcribe({ ...OPTIONS, apiKey, websocketBaseUrl: url, catchUpSpeed }),
        tap((event) => {
          if (event.type === 'Begin') onBegin();
          else if (event.type === 'Termination') termination = event;
          else if (event.type === 'Reconnecting') onError(new Error(`reconnecting: ${event.reason}`));
        }),
        turns(),
      )
      .subscribe({ next: onTurn, error: onError, complete: () => onDone(termination) });
    return { push: (chunk) => source.next(chunk), end: () => source.complete() };
  },

  plain({ url, apiKey, onBegin, onTurn, onDone, onError }) {
    const transcriber = plainTranscriber(url, apiKey);
    transcriber.on('turn', onTurn);
    transcriber.on('error', onError);
    void transcriber.connect().then(onBegin, onError);
    return {
      push: cutter((frame) => transcriber.sendAudio(frame)),
      end: () => void terminationOf(transcriber).then(onDone, onError),
    };
  },
};

function plainTranscriber(websocketBaseUrl, apiKey) {
  return new StreamingTranscriber({ ...OPTIONS, encoding: 'pcm_s16le', apiKey, websocketBaseUrl });
}

/** The simplest loop that cuts chunks into frames; the benchmarks leave no tail. */
function cutter(send) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (; rest.length >= FRAME_BYTES; rest = rest.subarray(FRAME_BYTES)) send(rest.subarray(0, FRAME_BYTES));
  };
}

/** Ends a session; resolves to its `Termination`, which the SDK does not expose. */
async function terminationOf(transcriber) {
  let termination;
  transcriber.socket.addEventListener('message', ({ data }) => {
    if (data.includes('"Termination"')) termination = JSON.parse(data);
  });
  await transcriber.close(true, 60_000);
  return termination;
}

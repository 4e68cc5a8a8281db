import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turn } from '../../dist/operators/testing/index.js';
import { EventLog } from '../../dist/src/durable/eventLog.js';
import { GrowingWav } from '../../dist/src/durable/growingWav.js';
import { digits, interleave, spread, summary } from './measure.js';

export const title = 'cost of keeping a run in a folder';
export const targets = 'a chunk of 100 ms and an event line each within 20 µs, 1 s of CPU per audio hour for both';

const FORMAT = { sampleRate: 16_000 };
const CHUNK = new Uint8Array(3200).fill(1);
const CHUNKS_PER_HOUR = 36_000;
/** Two lines a second, as in the bundled recording. */
const LINES_PER_HOUR = 7200;
const EVENT = turn('Your microphone becomes text, word by word, while you speak.', {
  order: 1,
  start: 2912,
  final: true,
});

/** Appends an hour of audio and of event lines as `openRun` does, and reads the log back. */
export async function bench({ quick, log }) {
  const dir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));
  const [chunks, lines] = quick ? [CHUNKS_PER_HOUR / 10, LINES_PER_HOUR / 10] : [CHUNKS_PER_HOUR, LINES_PER_HOUR];
  const [wavPath, logPath] = [join(dir, 'audio.wav'), join(dir, 'events.ndjson')];
  try {
    log('audio and lines');
    const samples = await interleave(
      {
        audio: () => appendAudio(wavPath, chunks),
        lines: () => appendLines(logPath, lines),
        read: () => new EventLog(logPath).close(),
      },
      { rounds: quick ? 3 : 9 },
    );
    const audio = summary(samples.audio.cpu.map((ms) => (1000 * ms) / chunks));
    const line = summary(samples.lines.cpu.map((ms) => (1000 * ms) / lines));
    const read = summary(samples.read.cpu.map((ms) => (1000 * ms) / lines));
    const perHour = (audio.median * CHUNKS_PER_HOUR + line.median * LINES_PER_HOUR) / 1e6;
    const bytes = Math.round(statSync(logPath).size / lines);
    return {
      tables: [
        {
          caption: 'CPU time of the process, user and system.',
          columns: ['work', 'each, µs', 'per audio hour, s'],
          rows: [
            row('append 100 ms of audio to `audio.wav`', audio, CHUNKS_PER_HOUR),
            row(`append an event of ${bytes} bytes to \`events.ndjson\``, line, LINES_PER_HOUR),
            row('read an event when a run continues', read, LINES_PER_HOUR),
          ],
        },
      ],
      verdicts: [
        { target: '100 ms of audio: at most 20 µs', value: spread(audio, ' µs'), met: audio.median <= 20 },
        { target: 'an event line: at most 20 µs', value: spread(line, ' µs'), met: line.median <= 20 },
        { target: 'at most 1 s per audio hour', value: `${digits(perHour)} s`, met: perHour <= 1 },
      ],
      notes: [
        'Each write is done before the program continues. Both files are flushed to the disk once a second in the background, ' +
          'which these figures do not contain.',
      ],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function appendAudio(path, count) {
  rmSync(path, { force: true });
  const wav = new GrowingWav(path, FORMAT);
  for (let index = 0; index < count; index++) wav.append(CHUNK);
  wav.close();
}

function appendLines(path, count) {
  rmSync(path, { force: true });
  const eventLog = new EventLog(path);
  for (let index = 0; index < count; index++) eventLog.append(EVENT);
  eventLog.close();
}

function row(work, each, perHour) {
  return [work, spread(each), digits((each.median * perHour) / 1e6)];
}

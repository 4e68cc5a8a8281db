// Transcribes a recording into a folder. Kill it at any moment, start it again, and it continues word for word.
//   node examples/durable.js talk.wav interview
import { concat } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { captionFile, openRun } from 'rxscribe/files';

const [path = 'talk.wav', folder = 'interview'] = process.argv.slice(2);
const options = { apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 };
const run = openRun(folder, { sampleRate: 16_000 });
const new$ = run.recording(
  (startMs) => audioFile(path, { startMs }),
  (from) => transcribe({ ...options, from }),
);
await concat(run.earlier$, new$) // from the log, the captions are written anew: those of an unbroken run
  .pipe(captionFile(`${folder}/talk.srt`, { force: true }))
  .forEach(() => {});
run.close();

// Writes captions into a file, each as soon as it is final: what is there is never lost, however the program ends.
//   node examples/captions.js talk.wav talk.vtt
import { createWriteStream } from 'node:fs';
import { audioFile, transcribe } from 'rxscribe';
import { bufferBytes, finals, turns } from 'rxscribe/operators';

const [recording = 'talk.wav', captions = 'talk.vtt'] = process.argv.slice(2);
const file = createWriteStream(captions);
file.write('WEBVTT\n\n');

/** Milliseconds as captions write them: 00:01:02.345. */
const clock = (ms) => new Date(ms).toISOString().slice(11, 23);

await audioFile(recording)
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
    turns(),
    finals(),
  )
  .forEach(({ words, transcript }) =>
    file.write(`${clock(words[0].start)} --> ${clock(words.at(-1).end)}\n${transcript}\n\n`),
  );
file.end();

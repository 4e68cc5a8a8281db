// Records a meeting: the audio, and minutes and subtitles as it is said; Ctrl-C ends it, and then tells who said what.
//   node examples/meeting-recorder.js standup
import { fromEvent } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { captionDocument } from 'rxscribe/captions';
import { captionFile, wavFile } from 'rxscribe/files';
import { bufferBytes, transcript } from 'rxscribe/operators';

const name = process.argv[2] ?? `meeting-${Date.now()}`; // a file that exists is not overwritten
const settings = { speechModel: 'u3-rt-pro', sampleRate: 16_000, speakerLabels: true };
let said = [];

await microphone({ stop: fromEvent(process, 'SIGINT') })
  .pipe(
    wavFile(`${name}.wav`, { sampleRate: 16_000 }), // first of all: what was recorded, to the last byte
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, ...settings }),
    captionFile(`${name}.md`), // a speaker that is known only later is written into the files, too
    captionFile(`${name}.srt`),
    transcript(),
  )
  .forEach(({ turns }) => {
    process.stdout.write(captionDocument(turns.slice(said.length), 'text'));
    said = turns;
  });
console.log(`\n${captionDocument(said, 'text')}`);

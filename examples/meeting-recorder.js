// Records a meeting as audio, minutes and subtitles. Ctrl-C ends it and prints the minutes with speakers.
//   node examples/meeting-recorder.js standup
import { fromEvent } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { captionDocument } from 'rxscribe/captions';
import { captionFile, wavFile } from 'rxscribe/files';
import { bufferBytes, transcript } from 'rxscribe/operators';

const name = process.argv[2] ?? `meeting-${Date.now()}`; // existing files are not overwritten
const settings = { speechModel: 'universal-3-6-pro', sampleRate: 16_000, speakerLabels: true };
let printed = [];

await microphone({ stop: fromEvent(process, 'SIGINT') })
  .pipe(
    wavFile(`${name}.wav`, { sampleRate: 16_000 }), // first, so that it receives every byte that was recorded
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, ...settings }),
    captionFile(`${name}.md`), // files are corrected when speakers are identified later
    captionFile(`${name}.srt`),
    transcript(),
  )
  .forEach(({ turns }) => {
    process.stdout.write(captionDocument(turns.slice(printed.length), 'text'));
    printed = turns;
  });
console.log(`\n${captionDocument(printed, 'text')}`);

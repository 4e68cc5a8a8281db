// Writes captions into a file while the recording plays. The file is complete after every turn.
//   node examples/captions.js talk.wav talk.vtt
import { audioFile, transcribe } from 'rxscribe';
import { captionFile } from 'rxscribe/files';
import { bufferBytes } from 'rxscribe/operators';

const [recording = 'talk.wav', captions = 'talk.vtt'] = process.argv.slice(2);

await audioFile(recording)
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    captionFile(captions), // also .srt, .md, .txt and .ndjson
  )
  .forEach(() => {});

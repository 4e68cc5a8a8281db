// Transcribes a recording, or a microphone without one, with a session open only while there is speech.
//   node examples/pay-for-speech.js talk.wav
import { fromEvent } from 'rxjs';
import { audioFile, microphone, transcribe } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';

const [recording] = process.argv.slice(2);
const stop = fromEvent(process, 'SIGINT');
const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`;
let stats;

await (recording ? audioFile(recording) : microphone({ stop }))
  .pipe(
    bufferBytes(3200),
    transcribe({
      apiKey: process.env.ASSEMBLYAI_API_KEY,
      speechModel: 'universal-3-6-pro',
      sampleRate: 16_000,
      suspendAfter: 30_000,
    }),
  )
  .forEach((event) => {
    if (event.type === 'Turn' && event.isFinal) console.log(event.transcript);
    if (event.type === 'Suspended') console.log(`waiting for speech since ${seconds(event.atMs)}`);
    if (event.type === 'Stats') stats = event;
  });
console.log(`sessions were open for ${seconds(stats.openMs)} of ${seconds(stats.capturedMs)}`);

// Transcribes anything that ffmpeg can read: a film, a web radio, a camera.
//   node examples/ffmpeg.js https://example.com/radio.mp3
import { spawn } from 'node:child_process';
import { fromEvent } from 'rxjs';
import { pcmStream, transcribe } from 'rxscribe';
import { bufferBytes, finals } from 'rxscribe/operators';

const input = process.argv[2] ?? '-';
const asPcm = ['-f', 's16le', '-ac', '1', '-ar', '16000', '-'];
// -re: read in real time, because the service accepts audio no faster
const ffmpeg = spawn('ffmpeg', ['-loglevel', 'error', '-re', '-i', input, ...asPcm], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

await pcmStream(ffmpeg.stdout, { stop: fromEvent(process, 'SIGINT') })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    finals(),
  )
  .forEach(({ transcript }) => console.log(transcript));

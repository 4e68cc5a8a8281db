// A conversation with a microphone for each: who says what is known, not guessed. Ctrl-C ends it.
//   node examples/two-microphones.js Anna=Headset "Ben=USB Audio"      (rxscribe devices lists their names)
import { fromEvent, map, merge } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { bufferBytes, finals, turns } from 'rxscribe/operators';

const people = process.argv.slice(2).map((argument) => argument.split('='));

/** Each microphone has a transcription of its own: the service hears one voice in each, even when both speak. */
const spokenBy = ([name, device]) =>
  microphone({ device, stop: fromEvent(process, 'SIGINT') }).pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
    turns(),
    finals(),
    map(({ transcript }) => `${name}: ${transcript}`),
  );

// in the order in which they end
await merge(...people.map(spokenBy)).forEach((line) => console.log(line));

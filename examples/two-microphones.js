// Transcribes a conversation with one microphone per person, so speakers need not be guessed. Ctrl-C ends it.
//   node examples/two-microphones.js Anna=Headset "Ben=USB Audio"      (`rxscribe devices` lists device names)
import { fromEvent, map, merge } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { bufferBytes, finals } from 'rxscribe/operators';

const people = process.argv.slice(2).map((argument) => argument.split('='));

/** Each microphone has its own transcription, so simultaneous speech is separated. */
const spokenBy = ([name, device]) =>
  microphone({ device, stop: fromEvent(process, 'SIGINT') }).pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    finals(),
    map(({ transcript }) => `${name}: ${transcript}`),
  );

// turns appear in the order in which they end
await merge(...people.map(spokenBy)).forEach((line) => console.log(line));

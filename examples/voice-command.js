// Does what it hears; "stop listening", or Ctrl-C, ends it.
//   node examples/voice-command.js
import { fromEvent, map, takeWhile, tap } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { bufferBytes, finals, turns } from 'rxscribe/operators';

const commands = [
  { heard: /\bwelcome\b/i, act: () => console.log('and welcome to you') },
  { heard: /\blights? on\b/i, act: () => console.log('there is light') },
  { heard: /\bstop listening\b/i, last: true, act: () => console.log('bye') },
];

await microphone({ stop: fromEvent(process, 'SIGINT') })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
    turns(),
    finals(), // a partial may still change, and would act twice
    map(({ transcript }) => commands.find(({ heard }) => heard.test(transcript))),
    tap((command) => command?.act()),
    takeWhile((command) => !command?.last),
  )
  .forEach(() => {});

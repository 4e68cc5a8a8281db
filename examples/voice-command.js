// Runs commands by voice; "stop listening" or Ctrl-C ends it.
//   node examples/voice-command.js
import { fromEvent, map, takeWhile, tap } from 'rxjs';
import { microphone, transcribe } from 'rxscribe';
import { bufferBytes, finals } from 'rxscribe/operators';

const commands = [
  { phrase: /\bwelcome\b/i, act: () => console.log('and welcome to you') },
  { phrase: /\blights? on\b/i, act: () => console.log('there is light') },
  { phrase: /\bstop listening\b/i, last: true, act: () => console.log('bye') },
];

await microphone({ stop: fromEvent(process, 'SIGINT') })
  .pipe(
    bufferBytes(3200),
    transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
    finals(), // a partial could trigger a command twice
    map(({ transcript }) => commands.find(({ phrase }) => phrase.test(transcript))),
    tap((command) => command?.act()),
    takeWhile((command) => !command?.last),
  )
  .forEach(() => {});

// Translates as you go: each sentence once it is final, in the order they were said, however long a translation takes.
//   node examples/translate.js talk.wav
import { setTimeout } from 'node:timers/promises';
import { concatMap } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { bufferBytes, finals, turns } from 'rxscribe/operators';

const GERMAN = new Map(Object.entries({ welcome: 'Willkommen', to: 'bei', your: 'Ihr', microphone: 'Mikrofon' }));
let requests = 0;

/** Stands for a request to a translation service: it knows four words, and is slowest at the first, as many are. */
async function translate(sentence) {
  await setTimeout(400 / ++requests);
  return sentence.replaceAll(/\w+/g, (word) => GERMAN.get(word.toLowerCase()) ?? word);
}

const final$ = audioFile(process.argv[2] ?? 'talk.wav', { speed: Infinity }).pipe(
  bufferBytes(3200),
  transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
  turns(),
  finals(), // a partial may still change, and with it its translation
);

await final$
  .pipe(concatMap(({ transcript }) => translate(transcript))) // mergeMap would let a fast one overtake
  .forEach((sentence) => console.log(sentence));

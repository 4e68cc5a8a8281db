// Translates each turn once it is final. The order stays, however long each translation takes.
//   node examples/translate.js talk.wav
import { setTimeout } from 'node:timers/promises';
import { concatMap } from 'rxjs';
import { audioFile, transcribe } from 'rxscribe';
import { bufferBytes, finals } from 'rxscribe/operators';

const GERMAN = new Map(Object.entries({ welcome: 'Willkommen', to: 'bei', your: 'Ihr', microphone: 'Mikrofon' }));
let requests = 0;

/** Stands for a translation service that knows four words and answers its first request slowest. */
async function translate(sentence) {
  await setTimeout(400 / ++requests);
  return sentence.replaceAll(/\w+/g, (word) => GERMAN.get(word.toLowerCase()) ?? word);
}

const final$ = audioFile(process.argv[2] ?? 'talk.wav', { speed: Infinity }).pipe(
  bufferBytes(3200),
  transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
  finals(), // the translation of a partial could change
);

await final$
  .pipe(concatMap(({ transcript }) => translate(transcript))) // mergeMap would let a fast translation overtake a slow one
  .forEach((sentence) => console.log(sentence));

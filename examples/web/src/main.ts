import {
  animationFrameScheduler,
  auditTime,
  defer,
  distinctUntilChanged,
  exhaustAll,
  filter,
  fromEvent,
  map,
  merge,
  scan,
  share,
  switchMap,
  tap,
} from 'rxjs';
import type { Observable } from 'rxjs';
import { finals, transcript } from 'rxscribe/operators';
import { commands } from './commands.ts';
import { listenToFile, listenToMicrophone, listenToUrl } from './listen.ts';
import type { Activity } from './listen.ts';
import { phase } from './phase.ts';
import {
  apply,
  chosenFile,
  copy,
  copyButton,
  demoButton,
  fileInput,
  listenButton,
  showLoudness,
  showPartial,
  showPhase,
  startDictation,
} from './view.ts';

const key$ = fromEvent<KeyboardEvent>(document, 'keydown').pipe(filter(({ repeat }) => !repeat));
const space$ = key$.pipe(
  filter(({ key, target }) => key === ' ' && target === document.body), // it presses a focused button anyway
  tap((event) => event.preventDefault()),
);
const escape$ = key$.pipe(filter(({ key }) => key === 'Escape'));
const press$ = merge(fromEvent(listenButton, 'click'), space$).pipe(share());
const demo$ = fromEvent(demoButton, 'click');
const file$ = fromEvent(fileInput, 'change').pipe(
  map(chosenFile),
  filter((file) => file !== undefined),
);

const stop$: Observable<unknown> = merge(
  press$,
  escape$,
  defer(() => edit$.pipe(filter(({ type }) => type === 'stop'))),
).pipe(share());

/** One dictation at a time: while it runs, presses only reach `stop$`. */
const activity$: Observable<Activity> = merge(
  press$.pipe(map(() => listenToMicrophone(stop$))),
  file$.pipe(map((file) => listenToFile(file, stop$))),
  demo$.pipe(map(() => listenToUrl('/demo.wav', stop$))),
).pipe(exhaustAll(), share());

const event$ = activity$.pipe(
  filter((activity) => activity.type === 'Transcription'),
  map(({ event }) => event),
);
const edit$ = event$.pipe(finals(), commands(), share());
const start$ = activity$.pipe(filter(({ type }) => type === 'Started'));
const partial$ = start$.pipe(
  switchMap(() => event$.pipe(transcript())), // empty again for each dictation
  map(({ partial }) => partial?.transcript ?? ''),
  distinctUntilChanged(),
);
const loudness$ = activity$.pipe(
  filter((activity) => activity.type === 'Level'),
  auditTime(0, animationFrameScheduler), // a hidden page draws nothing
  scan((history: readonly number[], { loudness }) => [...history.slice(-99), loudness], []),
);

start$.subscribe(startDictation);
edit$.subscribe(apply);
partial$.subscribe(showPartial);
loudness$.subscribe(showLoudness);
activity$.pipe(phase()).subscribe(showPhase);
fromEvent(copyButton, 'click').subscribe(() => void copy());

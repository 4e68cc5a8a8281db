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
import { audioFile } from 'rxscribe';
import { finals, transcript, turns } from 'rxscribe/operators';
import { commands } from './commands.ts';
import { listen, listenToMicrophone } from './listen.ts';
import type { Happening } from './listen.ts';
import { phase } from './phase.ts';
import { apply, button, fileInput, showLoudness, showPartial, showPhase } from './view.ts';

const key$ = fromEvent<KeyboardEvent>(document, 'keydown').pipe(filter(({ repeat }) => !repeat));
const space$ = key$.pipe(
  filter(({ key, target }) => key === ' ' && target === document.body), // a focused button is pressed by it anyway
  tap((event) => event.preventDefault()),
);
const escape$ = key$.pipe(filter(({ key }) => key === 'Escape'));
const press$ = merge(fromEvent(button, 'click'), space$).pipe(share());
const file$ = fromEvent(fileInput, 'change').pipe(
  map(() => fileInput.files?.[0]),
  filter((file) => file !== undefined),
);

const stop$: Observable<unknown> = merge(
  press$,
  escape$,
  defer(() => edit$.pipe(filter(({ type }) => type === 'stop'))),
);

/** One transcription at a time: a press while it runs is for `stop$`. */
const happening$: Observable<Happening> = merge(
  press$.pipe(map(() => listenToMicrophone(stop$))),
  file$.pipe(map((file) => listen(audioFile(file, { stop: stop$ })))),
).pipe(exhaustAll(), share());

const event$ = happening$.pipe(
  filter((happening) => happening.type === 'Told'),
  map(({ event }) => event),
);
const edit$ = event$.pipe(turns(), finals(), commands(), share());
const partial$ = happening$.pipe(
  filter(({ type }) => type === 'Started'),
  switchMap(() => event$.pipe(transcript())), // which begins anew with each transcription
  map(({ partial }) => partial?.transcript ?? ''),
  distinctUntilChanged(),
);
const loudness$ = happening$.pipe(
  filter((happening) => happening.type === 'Heard'),
  auditTime(0, animationFrameScheduler), // a hidden page draws nothing
  scan((history: readonly number[], { loudness }) => [...history.slice(-99), loudness], []),
);

edit$.subscribe(apply);
partial$.subscribe(showPartial);
loudness$.subscribe(showLoudness);
happening$.pipe(phase()).subscribe(showPhase);

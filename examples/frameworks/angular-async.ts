// Angular, with the async pipe: it subscribes, and unsubscribes when the component is destroyed.
import { AsyncPipe } from '@angular/common';
import { Component, inject } from '@angular/core';
import { Subject, catchError, concat, of, scan, startWith, switchMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { transcript } from 'rxscribe/operators';
import type { Transcript } from 'rxscribe/operators';
import { OPEN } from './angular-open.ts';

interface View extends Transcript {
  readonly running: boolean;
  readonly error?: Error;
}

const EMPTY_VIEW: View = { turns: [], partial: undefined, running: false };

@Component({
  selector: 'app-captions',
  imports: [AsyncPipe],
  template: `
    @if (view$ | async; as view) {
      <button (click)="(view.running ? stopping : starting).next()">{{ view.running ? 'Stop' : 'Start' }}</button>
      @for (turn of view.turns; track turn.turn_order) {
        <p>{{ turn.transcript }}</p>
      }
      @if (view.partial; as partial) {
        <p class="partial">{{ partial.transcript }}</p>
      }
      @if (view.error; as error) {
        <p role="alert">{{ error.message }}</p>
      }
    }
  `,
})
export class Captions {
  readonly starting = new Subject<void>();
  /** Ends gracefully, with the last words. */
  readonly stopping = new Subject<void>();
  readonly #open = inject(OPEN);
  readonly view$: Observable<View> = this.starting.pipe(
    switchMap(() => this.#run()),
    startWith(EMPTY_VIEW),
  );

  /** One transcription, as changes of the view. */
  #run(): Observable<View> {
    const change$: Observable<Partial<View>> = concat(
      of({ running: true }),
      this.#open(this.stopping).pipe(transcript()),
      of({ running: false }),
    );
    return change$.pipe(
      catchError((error: Error) => of({ running: false, error })),
      scan((view, change) => ({ ...view, ...change }), EMPTY_VIEW),
    );
  }
}

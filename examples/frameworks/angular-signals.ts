// Angular, with signals: a component that transcribes. Provide it with { provide: OPEN, useValue: open }.
import { Component, DestroyRef, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Subject, finalize } from 'rxjs';
import { transcript } from 'rxscribe/operators';
import type { Transcript } from 'rxscribe/operators';
import { OPEN } from './angular-open.ts';

@Component({
  selector: 'app-captions',
  template: `
    <button (click)="running() ? stopping.next() : start()">{{ running() ? 'Stop' : 'Start' }}</button>
    @for (turn of state().turns; track turn.turn_order) {
      <p>{{ turn.transcript }}</p>
    }
    @if (state().partial; as partial) {
      <p class="partial">{{ partial.transcript }}</p>
    }
    @if (error(); as error) {
      <p role="alert">{{ error.message }}</p>
    }
  `,
})
export class Captions {
  readonly state = signal<Transcript>({ turns: [], partial: undefined });
  readonly running = signal(false);
  readonly error = signal<Error | undefined>(undefined);
  /** Ends gracefully, with the last words. Destroying the component ends it at once. */
  readonly stopping = new Subject<void>();
  readonly #open = inject(OPEN);
  readonly #destroyRef = inject(DestroyRef);

  start(): void {
    this.state.set({ turns: [], partial: undefined });
    this.error.set(undefined);
    this.running.set(true);
    this.#open(this.stopping)
      .pipe(
        transcript(),
        finalize(() => this.running.set(false)),
        takeUntilDestroyed(this.#destroyRef),
      )
      .subscribe({
        next: (state) => this.state.set(state),
        error: (error: Error) => this.error.set(error),
      });
  }
}

// React: a hook that transcribes, and a component with it. <Captions open={open} />
import { useEffect, useRef, useState } from 'react';
import type { ReactElement } from 'react';
import { Subject } from 'rxjs';
import type { Subscription } from 'rxjs';
import { transcript } from 'rxscribe/operators';
import type { Transcript } from 'rxscribe/operators';
import type { Open } from './open.ts';

interface Transcription extends Transcript {
  readonly running: boolean;
  readonly error?: Error;
  /** Starts a new transcription. */
  readonly start: () => void;
  /** Ends gracefully, with the last words. Unmounting ends it at once. */
  readonly stop: () => void;
}

export function useTranscription(open: Open): Transcription {
  const [state, setState] = useState<Transcript & { error?: Error }>({ turns: [], partial: undefined });
  const [running, setRunning] = useState(false);
  const run = useRef<{ stop: Subject<void>; subscription: Subscription }>(undefined);
  useEffect(() => () => run.current?.subscription.unsubscribe(), []);

  const start = (): void => {
    run.current?.subscription.unsubscribe();
    setState({ turns: [], partial: undefined });
    setRunning(true);
    const stop = new Subject<void>();
    const subscription = open(stop)
      .pipe(transcript())
      .subscribe({
        next: setState,
        error: (error: Error) => {
          setState((last) => ({ ...last, error }));
          setRunning(false);
        },
        complete: () => setRunning(false),
      });
    run.current = { stop, subscription };
  };
  return { ...state, running, start, stop: () => run.current?.stop.next() };
}

export function Captions({ open }: { readonly open: Open }): ReactElement {
  const { turns, partial, running, error, start, stop } = useTranscription(open);
  return (
    <section>
      <button onClick={running ? stop : start}>{running ? 'Stop' : 'Start'}</button>
      {turns.map((turn) => (
        <p key={turn.turn_order}>{turn.transcript}</p>
      ))}
      {partial && <p className="partial">{partial.transcript}</p>}
      {error && <p role="alert">{error.message}</p>}
    </section>
  );
}

import { distinctUntilChanged, map, pipe, scan, startWith } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from 'rxscribe';
import type { Happening } from './listen.ts';

/** Where the app stands, and how to say so. */
export interface Phase {
  readonly name: 'idle' | 'asking' | 'connecting' | 'live' | 'reconnecting' | 'deaf' | 'finishing' | 'failed';
  readonly text: string;
}

interface Facts {
  readonly running: boolean;
  readonly asking?: boolean | undefined;
  readonly connected?: boolean;
  readonly broken?: boolean;
  readonly silenced?: boolean;
  /** Why nothing is heard, and why it all ended. */
  readonly lost?: string | undefined;
  readonly failed?: string;
}

/** Tells the phase, whenever it is another one. */
export function phase(): OperatorFunction<Happening, Phase> {
  return pipe(
    scan(learn, { running: false }),
    startWith<Facts>({ running: false }),
    map(phaseOf),
    distinctUntilChanged((a, b) => a.name === b.name && a.text === b.text),
  );
}

function learn(facts: Facts, happening: Happening): Facts {
  switch (happening.type) {
    case 'Asking':
      return { running: true, asking: true };
    case 'Started':
      return { running: true, asking: facts.asking };
    case 'Opened':
      return { ...facts, asking: false, lost: undefined };
    case 'Lost':
      return { ...facts, lost: happening.message };
    case 'Silenced':
      return { ...facts, silenced: true };
    case 'Told':
      return learnFrom(facts, happening.event);
    case 'Failed':
      return { running: false, failed: happening.error.message };
    case 'Ended':
      return { running: false };
    default:
      return facts;
  }
}

function learnFrom(facts: Facts, event: TranscriptionEvent): Facts {
  if (event.type === 'Begin') return { ...facts, connected: true, broken: false };
  return event.type === 'Reconnecting' ? { ...facts, broken: true } : facts;
}

function phaseOf({ running, asking, connected, silenced, broken, lost, failed }: Facts): Phase {
  if (failed !== undefined) return { name: 'failed', text: sentence(failed) };
  if (!running) return { name: 'idle', text: '' };
  if (asking) return { name: 'asking', text: 'Allow the microphone in your browser.' };
  if (broken) return { name: 'reconnecting', text: 'The connection broke. Go on: nothing you say is lost.' };
  if (lost !== undefined) return { name: 'deaf', text: sentence(lost) };
  if (silenced) return { name: 'finishing', text: 'The last words are coming.' };
  return connected ? { name: 'live', text: 'Listening.' } : { name: 'connecting', text: 'Connecting. You can speak.' };
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

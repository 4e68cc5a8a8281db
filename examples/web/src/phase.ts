import { distinctUntilChanged, map, pipe, scan, startWith } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from 'rxscribe';
import type { Activity } from './listen.ts';

/** The state of the app, and the text of the status line. */
export interface Phase {
  readonly name:
    | 'idle'
    | 'permission'
    | 'connecting'
    | 'unreachable'
    | 'live'
    | 'reconnecting'
    | 'no-audio'
    | 'finishing'
    | 'failed';
  readonly text: string;
}

interface State {
  readonly running: boolean;
  readonly needsPermission?: boolean | undefined;
  readonly hasBegun?: boolean;
  /** Why there is no connection. */
  readonly disconnected?: string | undefined;
  readonly audioEnded?: boolean;
  /** Why the microphone delivers nothing. */
  readonly lost?: string | undefined;
  /** Why the dictation failed. */
  readonly failed?: string;
}

/** Emits the phase whenever it changes. */
export function phase(): OperatorFunction<Activity, Phase> {
  return pipe(
    scan(reduce, { running: false }),
    startWith<State>({ running: false }),
    map(phaseOf),
    distinctUntilChanged((a, b) => a.name === b.name && a.text === b.text),
  );
}

function reduce(state: State, activity: Activity): State {
  switch (activity.type) {
    case 'PermissionRequested':
      return { running: true, needsPermission: true };
    case 'Started':
      return { running: true, needsPermission: state.needsPermission };
    case 'MicrophoneOpened':
      return { ...state, needsPermission: false, lost: undefined };
    case 'MicrophoneLost':
      return { ...state, lost: activity.message };
    case 'AudioEnded':
      return { ...state, audioEnded: true };
    case 'Transcription':
      return reduceEvent(state, activity.event);
    case 'Failed':
      return { running: false, failed: activity.message };
    case 'Ended':
      return { running: false };
    default:
      return state;
  }
}

function reduceEvent(state: State, event: TranscriptionEvent): State {
  if (event.type === 'Begin') return { ...state, hasBegun: true, disconnected: undefined };
  return event.type === 'Reconnecting' ? { ...state, disconnected: event.reason } : state;
}

function phaseOf({ running, needsPermission, hasBegun, audioEnded, disconnected, lost, failed }: State): Phase {
  if (failed !== undefined) return { name: 'failed', text: sentence(failed) };
  if (!running) return { name: 'idle', text: '' };
  if (needsPermission) return { name: 'permission', text: 'Allow the microphone in your browser.' };
  if (disconnected !== undefined && !hasBegun) {
    return { name: 'unreachable', text: `${sentence(`cannot connect: ${disconnected}`)} Trying again.` };
  }
  if (disconnected !== undefined) {
    return { name: 'reconnecting', text: 'The connection broke. Keep speaking: nothing is lost.' };
  }
  if (lost !== undefined) return { name: 'no-audio', text: sentence(lost) };
  if (audioEnded) return { name: 'finishing', text: 'The last words are coming. Stop again to skip them.' };
  return hasBegun ? { name: 'live', text: 'Listening.' } : { name: 'connecting', text: 'Connecting. You can speak.' };
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

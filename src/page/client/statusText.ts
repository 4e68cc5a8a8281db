import type { Status, ViewState } from './viewState.ts';

/** What viewers read about each status; `disconnected` is set by the page itself when its server cannot be reached. */
const TEXTS: Readonly<Record<Status | 'disconnected', string>> = {
  waiting: 'connecting…',
  suspended: 'waiting for speech',
  live: '',
  device: 'on this device',
  paused: 'paused',
  reconnecting: 'reconnecting…',
  ended: 'ended',
  interrupted: 'interrupted',
  disconnected: 'reconnecting…',
};

/** Returns the text of a badge; empty while captions are live and there is text. */
export function statusText({ status, turns, partial }: ViewState, isDisconnected: boolean): string {
  if (isDisconnected) return TEXTS.disconnected;
  return status === 'live' && turns.length === 0 && !partial ? 'live, waiting for speech' : TEXTS[status];
}

/** Whether the captions are over, so that a server that disappears is no news. */
export function isOver(status: Status): boolean {
  return status === 'ended' || status === 'interrupted';
}

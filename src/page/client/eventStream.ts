import type { ViewUpdate } from './viewState.ts';

/** Delay before reconnecting when the browser does not do so itself, in milliseconds. */
const RETRY_MS = 3000;
/** Silence after which a connection counts as lost, in milliseconds: three times the server's heartbeat interval. */
const SILENCE_MS = 30_000;

/**
 * Receives the captions for as long as the page is open: it always reconnects, and then receives what it missed.
 *
 * @param url URL of the event stream.
 * @param onUpdate Called with each update.
 * @param onLost Called when the connection breaks or cannot be made.
 */
export function followEvents(url: string, onUpdate: (update: ViewUpdate) => void, onLost: () => void): void {
  let version = '';
  let timer = 0;
  const open = (): void => {
    const address = new URL(url, location.href);
    address.searchParams.set('since', version);
    const source = new EventSource(address);
    const reopenAfter = (ms: number): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        source.close();
        onLost();
        open();
      }, ms);
    };
    const alive = (): void => reopenAfter(SILENCE_MS);
    source.addEventListener('message', ({ data, lastEventId }) => {
      alive();
      version = lastEventId;
      onUpdate(JSON.parse(String(data)) as ViewUpdate);
    });
    source.addEventListener('heartbeat', alive);
    source.addEventListener('error', () => {
      onLost();
      // browsers reconnect by themselves, except after an unexpected response
      reopenAfter(source.readyState === EventSource.CLOSED ? RETRY_MS : SILENCE_MS);
    });
    alive();
  };
  open();
}

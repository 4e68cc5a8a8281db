import type { Update } from './wire.ts';

/** How long to wait before another attempt where the browser makes none by itself, in milliseconds. */
const RETRY_MS = 3000;
/** How long a link may be silent, in milliseconds: the server says something three times as often. */
const SILENCE_MS = 30_000;

/**
 * Listens to the captions, for good: whatever breaks, it comes back, and is told what it missed.
 *
 * @param address Of the events.
 * @param told Called with each update.
 * @param lost Called when the connection breaks or cannot be made.
 */
export function listenTo(address: string, told: (update: Update) => void, lost: () => void): void {
  let known = '';
  let timer = 0;
  const open = (): void => {
    const source = new EventSource(`${address}?since=${encodeURIComponent(known)}`);
    const again = (afterMs: number): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        source.close();
        lost();
        open();
      }, afterMs);
    };
    const heard = (): void => again(SILENCE_MS);
    source.addEventListener('message', ({ data, lastEventId }) => {
      heard();
      known = lastEventId;
      told(JSON.parse(String(data)) as Update);
    });
    source.addEventListener('beat', heard);
    source.addEventListener('error', () => {
      lost();
      // a browser comes back by itself, but not after an answer that it did not expect
      again(source.readyState === EventSource.CLOSED ? RETRY_MS : SILENCE_MS);
    });
    heard();
  };
  open();
}

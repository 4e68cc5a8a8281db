import { once } from 'node:events';
import { Subject, tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import type { CaptionsFlags } from '../flags/captionsFlags.ts';
import { interruption } from '../signals.ts';
import { UsageError } from '../usage.ts';

/** The page of captions of a run. */
export interface Page {
  /** Shows what passes through. */
  readonly events: MonoTypeOperatorFunction<TranscriptionEvent>;
  /** Serves on until Ctrl-C, once the desk was left. */
  readonly stay: (leave: () => void) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Keeps the URL of viewers on other machines the same, over many runs; never an argument, where others could see it. */
const SECRET = 'RXSCRIBE_CAPTIONS_SECRET';

/**
 * Opens the page that `--captions` asks for, and says where it is.
 *
 * @param note Tells the user something, in one line.
 * @throws {Error} when its port is taken.
 */
export async function openPage(
  { captions, captionsHost }: CaptionsFlags,
  note: (text: string) => void,
): Promise<Page | undefined> {
  if (captions === undefined) return undefined;
  const { captionsServer } = await import('../../page/captionsServer.ts');
  const secret = process.env[SECRET];
  const event$ = new Subject<TranscriptionEvent>();
  const served = captionsServer(event$, {
    ...(captions !== true && { port: captions }),
    ...(captionsHost !== undefined && { host: captionsHost }),
    ...(secret && { secret }),
  });
  const server = await served.catch((error: unknown) => {
    throw error instanceof TypeError ? new UsageError(named(error.message), { cause: error }) : error;
  });
  note(`captions at ${server.url}`);
  note(`their look, and the URL for OBS, at ${server.setupUrl}`);
  return {
    events: tap(event$),
    stay: async (leave) => {
      note('the captions stay until Ctrl-C');
      leave();
      // never released: a Ctrl-C that comes twice must not cut off the goodbye
      const { stop } = interruption(
        () => undefined,
        () => undefined,
      );
      await once(stop, 'abort');
    },
    close: () => server.close(),
  };
}

/** Names an option as people give it. */
function named(message: string): string {
  return message.replace(/^secret\b/, SECRET).replace(/^host\b/, '--captions-host');
}

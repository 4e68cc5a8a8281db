import { once } from 'node:events';
import { Subject, tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { setting } from '../environment.ts';
import type { CaptionsFlags } from '../flags/captionsFlags.ts';
import { handleSignals } from '../signals.ts';
import { UsageError } from '../usageError.ts';

/** The captions page of a run. */
export interface CaptionsPage {
  /** Shows the events that pass through. */
  readonly events: MonoTypeOperatorFunction<TranscriptionEvent>;
  /** Keeps serving until Ctrl-C, after restoring the terminal. */
  readonly waitForStop: (restoreTerminal: () => void) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The secret in the URL for other machines, to keep it the same over many runs. Arguments would be visible to others. */
const SECRET = 'RXSCRIBE_CAPTIONS_SECRET';

/**
 * Opens the page of `--captions` and prints its address.
 *
 * @param note Prints one line.
 * @throws {Error} if its port is taken.
 */
export async function openCaptionsPage(
  { captions, captionsHost }: CaptionsFlags,
  note: (text: string) => void,
): Promise<CaptionsPage | undefined> {
  if (captions === undefined) return undefined;
  const { captionsServer } = await import('../../page/captionsServer.ts');
  const secret = setting(SECRET);
  const event$ = new Subject<TranscriptionEvent>();
  const opening = captionsServer(event$, {
    ...(captions !== true && { port: captions }),
    ...(captionsHost !== undefined && { host: captionsHost }),
    ...(secret && { secret }),
  });
  const server = await opening.catch((error: unknown) => {
    throw error instanceof TypeError ? new UsageError(nameFlags(error.message), { cause: error }) : error;
  });
  note(`captions at ${server.url}`);
  note(`choose their style and get the URL for OBS at ${server.setupUrl}`);
  return {
    events: tap(event$),
    waitForStop: async (restoreTerminal) => {
      note('the captions page stays open until Ctrl-C');
      restoreTerminal();
      // never released: a repeated Ctrl-C must not cut off the last message to viewers
      const { stop } = handleSignals(
        () => undefined,
        () => undefined,
      );
      await once(stop, 'abort');
    },
    close: () => server.close(),
  };
}

/** Replaces the name of an option by that of its flag or variable. */
function nameFlags(message: string): string {
  return message.replace(/^secret\b/, SECRET).replace(/^host\b/, '--captions-host');
}

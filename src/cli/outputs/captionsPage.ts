import { once } from 'node:events';
import { Subject, tap } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { resolveOptions } from '../../page/options.ts';
import type { CaptionsServerOptions } from '../../page/options.ts';
import { setting } from '../environment.ts';
import { checkCaptions, speakerNamesOf } from '../flags/captionsFlags.ts';
import type { CaptionsFlags } from '../flags/captionsFlags.ts';
import type { RunContext } from '../runContext.ts';
import { handleSignals } from '../signals.ts';
import type { View } from '../terminal/view.ts';
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

/** Checks the flags of the page. */
export function checkCaptionsPage(flags: CaptionsFlags): void {
  checkCaptions(flags);
  if (flags.captions !== undefined) optionsOf(flags);
}

/**
 * Opens the page of `--captions` and prints its address, for other machines also as a QR code.
 *
 * @param rooms The events of other rooms, each for a page of its own.
 * @throws {Error} if its port is taken.
 */
export async function openCaptionsPage(
  flags: CaptionsFlags,
  { note, view, paused$ }: Pick<RunContext, 'note' | 'view' | 'paused$'>,
  rooms?: (room: string) => Observable<TranscriptionEvent>,
): Promise<CaptionsPage | undefined> {
  if (flags.captions === undefined) return undefined;
  const { captionsServer } = await import('../../page/captionsServer.ts');
  const event$ = new Subject<TranscriptionEvent>();
  const server = await captionsServer(event$, { ...optionsOf(flags), paused: paused$, ...(rooms && { rooms }) });
  note(`captions at ${server.url}`);
  if (rooms) note(`captions of any other room at ${server.url}r/ROOM`);
  if (flags.captionsHost !== undefined) await showQrCode(server.url, view);
  note(`choose their style, name speakers and get the URL for OBS at ${server.operatorUrl}`);
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

/** @throws {UsageError} if a flag or a variable is invalid. */
function optionsOf({
  captions,
  captionsHost,
  captionsNames = [],
  captionsEmbed,
}: CaptionsFlags): CaptionsServerOptions {
  const secret = setting(SECRET);
  const options: CaptionsServerOptions = {
    ...(typeof captions === 'number' && { port: captions }),
    ...(captionsHost !== undefined && { host: captionsHost }),
    ...(secret && { secret }),
    speakerNames: speakerNamesOf(captionsNames),
    ...(captionsEmbed && { embedIn: captionsEmbed }),
  };
  try {
    resolveOptions(options);
  } catch (error) {
    throw new UsageError(nameFlags((error as Error).message), { cause: error });
  }
  return options;
}

/** Shows a URL as a QR code, if stderr is a terminal wide enough and a phone could reach it. */
async function showQrCode(url: string, view: View): Promise<void> {
  const { stderr, env } = process;
  const isLocal = /^(localhost|127\.|\[::1\])/.test(new URL(url).host);
  if (!stderr.isTTY || env['TERM'] === 'dumb' || isLocal) return;
  const { qrCode } = await import('../terminal/qrCode.ts');
  const lines = qrCode(url, stderr.columns);
  if (!lines) return;
  view.clear();
  stderr.write(`${lines.join('\n')}\n`);
}

/** Replaces the name of an option by that of its flag or variable. */
function nameFlags(message: string): string {
  return message
    .replace(/^secret\b/, SECRET)
    .replace(/^host\b/, '--captions-host')
    .replace(/^speakerNames\b/, '--captions-names')
    .replace(/^embedIn\b/, '--captions-embed');
}

import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { isRecord } from '../optionRules.ts';
import type { Secret } from '../streaming/credential.ts';
import type { TranscribeOptions as NodeOptions } from '../streaming/options.ts';
import { transcribeOver } from '../streaming/transcribe.ts';
import { network$ } from './network.ts';
import { browserSession } from './session.ts';

/** Options of `transcribe()` in a browser: those of Node, without an API key. */
export interface TranscribeOptions extends Omit<NodeOptions, 'apiKey' | 'token'> {
  /**
   * A temporary token, or a function that returns one; it is asked once per connection. A string lets sessions in for as
   * long as it is fresh, 600 s at most, and the service may take it only once: to come back after a break, give a function.
   */
  readonly token: Secret;
}

/**
 * Sends frames of audio to the service and emits what it tells, as in Node.
 *
 * What differs is how a page reaches the service, and how it learns that it does not. It comes with a temporary token, for
 * its sockets send no headers and whatever it knows is known to whoever opens it. A connection that is open but dead shows
 * by its heartbeats: the service is asked for them, and they are told of only with `sessionHeartbeat`. When the browser says
 * that it is offline the session ends at once, and when it says that it is online the next one begins at once; in between,
 * and when it is wrong, attempts go on as ever.
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, finals, turns } from 'rxscribe/operators';
 * import { tokenFrom } from 'rxscribe/tokens';
 *
 * const [file] = document.querySelector<HTMLInputElement>('input[type=file]')?.files ?? [];
 * if (file) {
 *   audioFile(file)
 *     .pipe(
 *       bufferBytes(3200),
 *       transcribe({ token: tokenFrom('/token'), speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *       turns(),
 *       finals(),
 *     )
 *     .subscribe({ next: (turn) => console.log(turn.transcript), error: (error) => console.error(error.message) });
 * }
 *
 * @param options As in Node, with `token` and without `apiKey`.
 * @returns An operator that takes frames and emits `TranscriptionEvent`s. It errors with a `TranscriptionError`.
 * @throws {TypeError | RangeError} when an option is missing, unknown, out of range, or could not work; an API key, too.
 */
export function transcribe(options: TranscribeOptions): OperatorFunction<Uint8Array, TranscriptionEvent> {
  if (isRecord(options)) checkCredential(options);
  return transcribeOver(browserSession, options, network$);
}

/** What Node has besides a token cannot be had here, so the words for it are others. */
function checkCredential({ apiKey, token }: Readonly<Record<string, unknown>>): void {
  if (apiKey !== undefined) {
    throw new TypeError(
      'apiKey does not work in a browser: its sockets cannot send it, and whoever opens the page could read it; ' +
        "give token instead, tokenFrom('/token') say, with tokenHandler on your server (both of rxscribe/tokens)",
    );
  }
  if (token === undefined) {
    throw new TypeError(
      "token is missing; give a function that asks your server for one: tokenFrom('/token') of rxscribe/tokens",
    );
  }
}

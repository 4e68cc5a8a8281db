import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { isRecord } from '../optionRules.ts';
import type { Secret } from '../streaming/credential.ts';
import type { TranscribeOptions as NodeOptions } from '../streaming/options.ts';
import { transcribeOver } from '../streaming/transcribe.ts';
import { network$ } from './network.ts';
import { browserSession } from './browserSession.ts';

/** Options of `transcribe()` in a browser: as in Node, but with a token instead of an API key. */
export interface TranscribeOptions extends Omit<NodeOptions, 'apiKey' | 'token' | 'agent' | 'fallback'> {
  /**
   * A temporary token, or a function that returns one and is called once per connection. A string is valid for 600 s at
   * most and the service may accept it only once, so pass a function in production: otherwise reconnecting may fail.
   */
  readonly token: Secret;
}

/**
 * Sends frames of audio to the service and emits its events, as in Node, with three differences.
 *
 * It authenticates with a temporary token, because a page's sockets send no headers and its visitors can read all it holds.
 * It notices a dead connection by missing heartbeats; it emits them only with `sessionHeartbeat`. When the browser reports
 * that it is offline, the session ends at once, and when it is online again, the next one starts at once; attempts continue
 * in between in case the browser is wrong.
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
 *       transcribe({ token: tokenFrom('/token'), speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
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

/** Checks the credential here, because advice that fits Node would not fit a page. */
function checkCredential({ apiKey, token }: Readonly<Record<string, unknown>>): void {
  if (apiKey !== undefined) {
    throw new TypeError(
      'apiKey does not work in a browser: its sockets cannot send it, and every visitor of the page could read it; ' +
        "use token: tokenFrom('/token') with a tokenHandler on your server (both of rxscribe/tokens)",
    );
  }
  if (token === undefined) {
    throw new TypeError(
      "token is missing; pass a function that fetches one from your server: tokenFrom('/token') of rxscribe/tokens",
    );
  }
}

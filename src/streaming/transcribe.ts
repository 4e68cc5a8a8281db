import type { Observable, OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import type { TranscribeOptions } from './options.ts';
import { relayFrames } from './relayFrames.ts';
import { session } from './session.ts';
import { sessionSettings, withConnectTimeout } from './settings.ts';

/**
 * Sends frames of audio to the service and emits its events: turns while they are spoken and when they end, and everything
 * else, on one clock.
 *
 * Cold: each subscription is a separate transcription with its own connections. The source is subscribed at once and
 * recorded while the connection opens, so a slow handshake never loses the first words. When a session breaks, stalls or
 * expires, the audio it had not finished is sent to the next one. No final is missing or repeated, and times and
 * `turn_order` continue. A source that supports backpressure (`audioFile`, `pcmStream`) is paused while more than 10 s of
 * audio, or half of `tapeLength` if that is less, wait to be sent. A live source is recorded, up to `tapeLength`. Frames
 * must be legal for the service (whole samples, 50 to 1000 ms), which `bufferBytes` ensures. Nothing is written to the
 * console.
 *
 * ```text
 * source        -1-2-3-4-5-6-|                1 to 6: frames
 * transcribe()  ---b---p---p---(fs)-(ts|)     b: Begin, p: partial Turn, f: its final, t: Termination, s: Stats
 * ```
 *
 * | What happens                          | Source       | The sessions                              | Downstream                       |
 * | ------------------------------------- | ------------ | ----------------------------------------- | -------------------------------- |
 * | source completes                      | finalized    | the rest is sent, `Terminate`, last turns | those turns, `Stats`, complete   |
 * | source errors                         | finalized    | `Terminate`, closed at once               | `AudioGap`, `Stats`, that error  |
 * | a frame the service would refuse      | unsubscribed | `Terminate`, closed at once               | the same, audio-format error     |
 * | connection fails, breaks, or stalls   | continues    | a new one, after a delay                  | `Reconnecting`, then as before   |
 * | a session approaches its expiry       | continues    | a successor takes over at a turn's end    | as before                        |
 * | an outage longer than the tape        | continues    | a new one, after a delay                  | `AudioGap`, then as before       |
 * | an outage longer than `maxOutage`     | unsubscribed | closed                                    | `AudioGap`, `Stats`, typed error |
 * | every session fails on the same audio | continues    | the next starts after it, after `maxOutage` | `AudioGap`, then as before     |
 * | sessions without any text fail for 10 s | unsubscribed | closed                                  | `AudioGap`, `Stats`, typed error |
 * | refused, and no session ever began    | unsubscribed | closed, after one attempt                 | the same                         |
 * | refused after a session had begun     | continues    | a new one; key or setting: for 30 s       | `Reconnecting`, then as before   |
 * | no speech for `suspendAfter`          | continues    | `Terminate`, last turns; one with the next speech | `Suspended`, `Resumed` |
 * | the service ends an inactive session  | continues    | a new one with the next audio             | `Reconnecting`, then as before   |
 * | no session began 5 s after the source | finalized    | closed                                    | `AudioGap`, `Stats`, typed error |
 * | the end takes longer than `endTimeout` | finalized   | closed                                    | last partial as final, `AudioGap`, `Stats`, complete |
 * | downstream unsubscribes               | unsubscribed | `Terminate`, closed at once               | nothing                          |
 * | an operator downstream throws         | unsubscribed | `Terminate`, closed at once               | its error                        |
 * | a subscriber's callback throws        | continues    | continue                                  | reported by RxJS, events continue |
 * | `control` errors or completes         | continues    | continue                                  | nothing                          |
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, finals } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *     finals(),
 *   )
 *   .subscribe({ next: (turn) => console.log(turn.transcript), error: (error) => console.error(error.message) });
 *
 * @param options Every option of the SDK's transcriber under its name, and ours.
 * @returns An operator that accepts frames and emits `TranscriptionEvent`s. It errors with a `TranscriptionError`.
 * @throws {TypeError | RangeError} when an option is missing, unknown, out of range, or could not work.
 * @see https://www.assemblyai.com/docs/streaming/api-spec/streaming-websocket
 */
export function transcribe(options: TranscribeOptions): OperatorFunction<Uint8Array, TranscriptionEvent> {
  return transcribeOver(session, options);
}

/**
 * As `transcribe`, over sessions opened by `open`.
 *
 * @param network$ Emits whether the network is available, in runtimes that report it.
 */
export function transcribeOver(
  open: typeof session,
  options: TranscribeOptions,
  network$?: Observable<boolean>,
): OperatorFunction<Uint8Array, TranscriptionEvent> {
  const settings = sessionSettings(options);
  return relayFrames({
    open: (input, connectTimeout) => open(input, withConnectTimeout(settings, connectTimeout)),
    settings,
    control: options.control,
    fallback: options.fallback,
    network$,
  });
}

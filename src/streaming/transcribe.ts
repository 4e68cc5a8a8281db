import {
  EMPTY,
  ReplaySubject,
  Subject,
  asyncScheduler,
  catchError,
  defer,
  endWith,
  firstValueFrom,
  from,
  ignoreElements,
} from 'rxjs';
import { merge, takeWhile, tap } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { MAX_FRAME_MS, MIN_FRAME_MS, bytesToMs, frameBytes, isLegalFrame, msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { holdBack } from '../demand.ts';
import { TranscriptionError } from '../errors.ts';
import { checkOptions } from './options.ts';
import type { TranscribeOptions } from './options.ts';
import { BURST_MS, Relay } from './relay.ts';
import { session } from './session.ts';
import { Tape } from './tape.ts';

/** The service closes a connection that sends it a longer message (docs, "Streaming API"): 128 KB. */
const MAX_MESSAGE_BYTES = 131_072;
/**
 * Sends frames of audio to the service and emits what it tells: turns while they are spoken and when they end, and every
 * other event, on one clock.
 *
 * Cold: each subscription is a transcription of its own, with its own connection. The source is subscribed at once and
 * recorded while the connection is made, so that a slow handshake never cuts the first words; nothing is sent before the
 * service's `Begin`. A source that can wait (`audioFile`, `pcmStream`) is held back when it runs 10 s ahead of what was
 * sent; a live one is recorded, at most 5 minutes of it. Frames must be legal for the service: whole samples, 50 to
 * 1000 ms; `bufferBytes` makes them so. Nothing is written to the console.
 *
 * ```text
 * source        -1-2-3-4-5-6-|            1 to 6: frames
 * transcribe()  ---b---p---p---f-(t|)     b: Begin, p: partial Turn, f: its final, t: Termination
 * ```
 *
 * | What happens                      | Source       | Sessions                               | Downstream                  |
 * | --------------------------------- | ------------ | -------------------------------------- | --------------------------- |
 * | source completes                  | finalized    | the rest is sent, `Terminate`, last turns | those turns, then complete |
 * | source errors                     | finalized    | `Terminate`, closed at once            | that error                  |
 * | a frame the service would refuse  | unsubscribed | `Terminate`, closed at once            | audio-format error          |
 * | connection fails, breaks, expires | unsubscribed | closed                                 | typed error, `retryable`    |
 * | key, setting or audio refused     | unsubscribed | closed                                 | typed error, not `retryable` |
 * | no `Termination` in time          | finalized    | closed                                 | typed error, `retryable`    |
 * | downstream unsubscribes           | unsubscribed | `Terminate`, closed at once            | nothing                     |
 * | an operator downstream throws     | unsubscribed | `Terminate`, closed at once            | its error                   |
 * | `control` errors or completes     | goes on      | goes on                                | nothing                     |
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, finals, turns } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *     turns(),
 *     finals(),
 *   )
 *   .subscribe({ next: (turn) => console.log(turn.transcript), error: (error) => console.error(error.message) });
 *
 * @param options Every option of the SDK's transcriber under its name, and ours.
 * @returns An operator that takes frames and emits `TranscriptionEvent`s. It errors with a `TranscriptionError`.
 * @throws {TypeError | RangeError} when an option is missing, unknown, out of range, or could not work.
 * @see https://www.assemblyai.com/docs/streaming/api-spec/streaming-websocket
 */
export function transcribe(options: TranscribeOptions): OperatorFunction<Uint8Array, TranscriptionEvent> {
  return transcribeOver(session, options);
}

/** As `transcribe`, over sessions opened by `open`. */
export function transcribeOver(
  open: typeof session,
  options: TranscribeOptions,
): OperatorFunction<Uint8Array, TranscriptionEvent> {
  const settings = checkOptions(options);
  const { format } = settings;
  return (source) =>
    defer(() => {
      const tape = new Tape(frameBytes(MIN_FRAME_MS, format), msToBytes(settings.tapeLength, format));
      const sent = new Subject<void>();
      const recorded = new ReplaySubject<void>(1);
      const relay = new Relay(tape, settings, () => isAhead(tape, BURST_MS / 2, format) || sent.next(), open);
      const control = from(options.control ?? EMPTY).pipe(
        tap((message) => tape.mark(message)),
        catchError(() => EMPTY),
      );
      const recording = record(source, tape, sent, format).pipe(tap({ complete: () => recorded.next() }));
      // what the sessions tell is the transcription, and its end is the end of everything
      return merge(
        merge(recording, control).pipe(ignoreElements()),
        relay.events(recorded).pipe(endWith(undefined)),
      ).pipe(takeWhile((event) => event !== undefined));
    });
}

/** Puts frames on the tape, and holds back a source that can wait while it is too far ahead of what was sent. */
function record(
  source: Observable<Uint8Array>,
  tape: Tape,
  sent: Observable<void>,
  format: PcmFormat,
): Observable<Uint8Array> {
  return source.pipe(
    tap({
      next: (frame) => {
        checkFrame(frame, format);
        tape.record(frame, asyncScheduler.now());
        if (isAhead(tape, BURST_MS, format)) holdBack(() => firstValueFrom(sent, { defaultValue: undefined }));
      },
      complete: () => tape.finish(),
    }),
  );
}

function isAhead(tape: Tape, ms: number, format: PcmFormat): boolean {
  return tape.end - tape.head > msToBytes(ms, format);
}

function checkFrame(frame: Uint8Array, format: PcmFormat): void {
  if (!ArrayBuffer.isView(frame)) throw new TypeError(`transcribe takes frames of Uint8Array, not ${typeof frame}`);
  const { length } = frame;
  if (isLegalFrame(length, format) && length <= MAX_MESSAGE_BYTES) return;
  const size = frameBytes(100, format);
  throw new TranscriptionError(
    'audio-format',
    `a frame of ${length} bytes is ${bytesToMs(length, format).toFixed(1)} ms at ${format.sampleRate} Hz; the service takes ` +
      `whole samples, ${MIN_FRAME_MS} to ${MAX_FRAME_MS} ms and at most ${MAX_MESSAGE_BYTES} bytes: put bufferBytes(${size}) before transcribe()`,
  );
}

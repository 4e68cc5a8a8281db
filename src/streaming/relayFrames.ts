import { EMPTY, Observable, catchError, from, ignoreElements, tap } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import type { ControlMessage, TranscriptionEvent } from '../../operators/events.ts';
import { isBytes, kindOf } from '../../operators/frameCutter.ts';
import { frameMemory } from '../../operators/frameMemory.ts';
import type { FrameKeeper } from '../../operators/frameMemory.ts';
import { MAX_FRAME_MS, MIN_FRAME_MS, bytesToMs, frameBytes, isLegalFrame } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { TranscriptionError } from '../errors.ts';
import { takeLostAudio } from '../lostAudio.ts';
import { DirectObserver } from './directObserver.ts';
import { Relay } from './relay.ts';
import type { Fallback, OpenSession, RelaySettings } from './relaySettings.ts';

/** The service closes a connection that sends a longer message (docs, "Streaming API"): 128 KB. */
const MAX_MESSAGE_BYTES = 131_072;

/** The sessions that frames are sent to, and what reaches them besides. */
export interface RelayOptions {
  readonly open: OpenSession;
  readonly settings: RelaySettings;
  /** Control messages. Its error and completion have no effect. */
  readonly control?: ObservableInput<ControlMessage> | undefined;
  /** What recognises the audio while no session can be opened. */
  readonly fallback?: Fallback | undefined;
  /** Emits whether the network is available, in runtimes that report it. */
  readonly network$?: Observable<boolean> | undefined;
}

/** Sends frames through one session after the other and emits their events; each subscription has a relay of its own. */
export function relayFrames({
  open,
  settings,
  control,
  fallback,
  network$,
}: RelayOptions): OperatorFunction<Uint8Array, TranscriptionEvent> {
  const control$ = control && from(control);
  return (source) =>
    new Observable((subscriber) => {
      const relay = new Relay(settings, open, { network$, fallback });
      relay.events().subscribe(subscriber); // their end unsubscribes from everything
      const recorder = new Recorder(relay, settings);
      subscriber.add(recorder);
      recorder.add(source.subscribe(recorder));
      if (control$) subscriber.add(addControl(control$, relay).subscribe());
    });
}

function addControl(control$: Observable<ControlMessage>, relay: Relay): Observable<never> {
  return control$.pipe(
    tap((message) => relay.addControl(message)),
    catchError(() => EMPTY),
    ignoreElements(),
  );
}

/** Records the frames of a source. `bufferBytes` cuts them into the memory of the tape, see `frameMemory`. */
class Recorder extends DirectObserver<Uint8Array> implements FrameKeeper {
  readonly #relay: Relay;

  constructor(relay: Relay, settings: RelaySettings) {
    // a source counts from its own first byte
    const offsetMs = settings.from?.positionMs ?? 0;
    const report = (): void => {
      for (const { startMs, endMs } of takeLostAudio()) relay.reportGap(offsetMs + startMs, offsetMs + endMs, 'device');
    };
    super({
      next: (frame) => {
        try {
          checkFrame(frame, settings.format);
          relay.record(frame);
          report();
        } catch (error) {
          this.error(error);
        }
      },
      error: (error) => {
        report();
        relay.fail(error);
      },
      complete: () => {
        report();
        relay.finish();
      },
    });
    this.#relay = relay;
  }

  [frameMemory](size: number): Uint8Array {
    return this.#relay.allocate(size);
  }
}

function checkFrame(frame: Uint8Array, format: PcmFormat): void {
  if (!isBytes(frame)) throw new TypeError(`transcribe accepts frames of Uint8Array, not ${kindOf(frame)}`);
  const { length } = frame;
  if (isLegalFrame(length, format) && length <= MAX_MESSAGE_BYTES) return;
  const size = frameBytes(100, format);
  throw new TranscriptionError(
    'audio-format',
    `a frame of ${length} bytes is ${bytesToMs(length, format).toFixed(1)} ms at ${format.sampleRate} Hz; the service accepts ` +
      `whole samples, ${MIN_FRAME_MS} to ${MAX_FRAME_MS} ms and at most ${MAX_MESSAGE_BYTES} bytes: put bufferBytes(${size}) before transcribe()`,
  );
}

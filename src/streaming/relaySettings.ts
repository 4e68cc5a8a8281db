import type { Observable } from 'rxjs';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { ControlMessage } from '../../operators/events.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import type { TranscriptionError } from '../errors.ts';
import type { SessionEvent } from './message.ts';
import type { SpeechInput } from './speechInput.ts';
import type { SuspensionLimits } from './suspension.ts';

/** What a relay needs to know of its sessions, whether they run in the cloud or on this device. Durations in milliseconds. */
export interface RelaySettings {
  readonly format: PcmFormat;
  /** Whether sessions emit partials. */
  readonly hasPartials: boolean;
  readonly connectTimeout: number;
  /** How fast recorded audio may be sent, in times real time. */
  readonly catchUpSpeed: number;
  readonly reconnect: boolean;
  readonly maxOutage: number;
  readonly stallTimeout: number;
  readonly tapeLength: number;
  readonly endTimeout: number;
  /** When sessions end because there is no speech; `undefined` for never. */
  readonly suspension?: SuspensionSettings | undefined;
  /** Where an earlier process stopped. */
  readonly from?: Checkpoint | undefined;
}

/** When to suspend, and what speech is. */
export interface SuspensionSettings extends SuspensionLimits {
  /**
   * Creates what decides which frames contain speech.
   *
   * @param onFailure Called with the reason once it fails.
   */
  readonly speechInput: (onFailure: (reason: string) => void) => SpeechInput;
}

/**
 * Opens one session: cold, from `Begin` to `Termination`.
 *
 * @param input Audio frames and control messages, subscribed after `Begin`. Its completion ends the session. The memory of a
 * frame may be used again once `next` has returned.
 * @param connectTimeout How long it may take to `Begin`, in milliseconds; it grows with failures.
 */
export type OpenSession = (
  input: Observable<Uint8Array | ControlMessage>,
  connectTimeout: number,
) => Observable<SessionEvent>;

/** What recognises the audio while the service is out of reach. `local()` of `rxscribe/local` creates one. */
export interface Fallback {
  /** The only sample rate that it takes, in hertz; 16-bit samples. */
  readonly sampleRate: number;
  /**
   * Makes a recogniser ready for one transcription.
   *
   * @param onFailure Called when it could not be made ready.
   */
  readonly start: (onFailure: (error: TranscriptionError) => void) => FallbackRecogniser;
}

/** The recogniser of one transcription. */
export interface FallbackRecogniser {
  /** Opens a session. The memory of a frame may be used again once `next` has returned, as in `OpenSession`. */
  readonly open: (input: Observable<Uint8Array | ControlMessage>) => Observable<SessionEvent>;
  /** Ends it, and its sessions. */
  readonly close: () => void;
}

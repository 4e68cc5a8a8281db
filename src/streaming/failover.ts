import { NEVER, ReplaySubject, catchError, defer, filter, map, race, switchMap, take, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { TranscriptionError } from '../errors.ts';
import type { SessionEvent } from './message.ts';
import type { Fallback, FallbackRecogniser, OpenSession } from './relaySettings.ts';

/** How long the service may take to begin a session before the device begins one, in milliseconds. */
const PATIENCE_MS = 1000;
/** The first and the longest time between two attempts to reach the service, in milliseconds; it doubles with each. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;
/** The same after the service refused the key or a setting, in milliseconds. */
const REFUSED_WAIT_MS = 60_000;

/**
 * Opens the sessions of one transcription on the service, or on this device while the service is out of reach.
 *
 * | The service                             | The session                                                      |
 * | --------------------------------------- | ---------------------------------------------------------------- |
 * | begins within a second                  | on the service                                                   |
 * | cannot be reached, or takes longer      | on this device, or on the service if it begins before the device |
 * | refuses, and never began a session      | that error                                                       |
 * | fails, and the device does not start    | an error that names both                                         |
 */
export class Failover {
  readonly #service: OpenSession;
  readonly #device: FallbackRecogniser;
  readonly #warn: (text: string) => void;
  #everBegan = false;
  /** How many attempts in a row to reach the service from the device have failed. */
  #failures = 0;
  #refusal = '';

  /**
   * @param warn Reports what the user should know; it becomes a `Warning`.
   */
  constructor(service: OpenSession, fallback: Fallback, warn: (text: string) => void) {
    this.#service = service;
    this.#warn = warn;
    this.#device = fallback.start((error) =>
      warn(`the model on this device is not ready to take over: ${error.message}`),
    );
  }

  /** Opens a session on the service, which also shows whether it can be reached. */
  readonly openOnService: OpenSession = (input, connectTimeout) =>
    this.#service(input, connectTimeout).pipe(
      map((event) => {
        if (event.type !== 'Begin') return event;
        this.#everBegan = true;
        this.#failures = 0;
        this.#refusal = '';
        return { ...event, runsOn: 'service' as const };
      }),
    );

  /** Opens a session where it begins first; the service has a head start. */
  readonly open: OpenSession = (input, connectTimeout) =>
    defer(() => {
      const failure = new ReplaySubject<TranscriptionError>(1);
      let begun = false;
      const onService = this.openOnService(input, connectTimeout).pipe(
        tap(() => (begun = true)),
        catchError((error: unknown) => {
          if (begun || !this.#isOutOfReach(error)) throw error;
          failure.next(error);
          return NEVER;
        }),
      );
      const slow = timer(PATIENCE_MS).pipe(map(() => undefined));
      const onDevice = race(failure, slow).pipe(
        take(1),
        switchMap((error) =>
          this.#openOnDevice(input, error?.message ?? `it did not answer within ${PATIENCE_MS / 1000} s`, failure),
        ),
      );
      return race(onService, onDevice);
    });

  /** How long to wait before the next attempt to reach the service, in milliseconds. */
  readonly waitBeforeAttempt = (error?: unknown): number => {
    if (error instanceof TranscriptionError && !error.retryable) {
      if (this.#refusal !== error.message) this.#warn(`${error.message}; this device continues`);
      this.#refusal = error.message;
      return REFUSED_WAIT_MS;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    return longest * (1 + Math.random()) * 0.5;
  };

  close(): void {
    this.#device.close();
  }

  #openOnDevice(
    input: Observable<Uint8Array | ControlMessage>,
    reason: string,
    serviceFailure: Observable<TranscriptionError>,
  ): Observable<SessionEvent> {
    let begun = false;
    // the configuration of the service means nothing to the device
    const known = input.pipe(filter((item) => item instanceof Uint8Array || item.type === 'ForceEndpoint'));
    return this.#device.open(known).pipe(
      map((event) => {
        if (event.type !== 'Begin') return event;
        begun = true;
        this.#warn(`the service is out of reach: ${reason}; this device recognises the speech until it answers`);
        return { ...event, runsOn: 'device' as const };
      }),
      catchError((error: unknown) => {
        if (begun) throw error;
        return serviceFailure.pipe(
          map((failed) => {
            throw alsoFailed(failed, error);
          }),
        );
      }),
    );
  }

  /** After a session has begun, a refusal may pass, too. */
  #isOutOfReach(error: unknown): error is TranscriptionError {
    if (!(error instanceof TranscriptionError)) return false;
    return error.retryable || (this.#everBegan && (error.wireCode !== undefined || error.kind === 'network'));
  }
}

function alsoFailed(service: TranscriptionError, device: unknown): TranscriptionError {
  const { kind, message, retryable, wireCode } = service;
  const reason = device instanceof Error ? device.message : String(device);
  return new TranscriptionError(kind, `${message}; this device cannot take over: ${reason}`, {
    retryable,
    ...(wireCode !== undefined && { wireCode }),
    cause: service,
  });
}

import type { AudioGap, Reconnecting, Stats, TranscriptionEvent, Turn } from '../../operators/events.ts';
import type { RawTurn, SessionTurn } from './finalDetector.ts';

type WithoutSession<T> = T extends unknown ? Omit<T, 'session'> : never;
/** Every event of the service but its turns. */
type ServiceEvent = WithoutSession<Exclude<TranscriptionEvent, Turn | Reconnecting | AudioGap | Stats>>;

/** An event of one session, with the session's own clock and turn numbers. */
export type SessionEvent = ServiceEvent | SessionTurn;

/** A message of the service: an event, an error, or a type that is newer than this client. */
export type Message =
  | ServiceEvent
  | RawTurn
  | { readonly type: 'Error' | undefined; readonly error: unknown; readonly error_code?: number };

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const areWords = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (word: unknown) =>
      isObject(word) && typeof word.text === 'string' && typeof word.start === 'number' && typeof word.end === 'number',
  );

/** What a message must hold for the rest of the code to rely on its type. */
const WELL_FORMED: Readonly<Record<string, (message: Fields) => boolean>> = {
  Turn: ({ turn_order, transcript, words }) =>
    typeof turn_order === 'number' && typeof transcript === 'string' && areWords(words),
  SpeechStarted: ({ timestamp }) => typeof timestamp === 'number',
  Silence: ({ start_ms, end_ms }) => typeof start_ms === 'number' && typeof end_ms === 'number',
  SpeakerRevision: ({ revisions }) =>
    Array.isArray(revisions) && revisions.every((revision: unknown) => isObject(revision) && areWords(revision.words)),
};

/**
 * Reads what came over the wire.
 *
 * @returns The message, or a sentence about what came instead; a type it does not know is a message.
 */
export function parseMessage(data: unknown): Message | string {
  if (typeof data !== 'string') return 'the service sent a binary message; ignored';
  try {
    const message = JSON.parse(data) as unknown;
    if (!isObject(message)) return 'the service sent a message that is not an object; ignored';
    const { type } = message;
    if (typeof type === 'string' && Object.hasOwn(WELL_FORMED, type) && !WELL_FORMED[type]?.(message)) {
      return `the service sent a ${type} that lacks what belongs to it; ignored`;
    }
    return message as unknown as Message;
  } catch {
    return `the service sent ${data.length} characters that are not JSON; ignored`;
  }
}

import { msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { permanentFailure } from './nats.ts';
import type { Broker } from './nats.ts';
import { STREAMS, SUBJECTS, decodeLogEntry, decodeTape } from './protocol.ts';

/** Where the stored audio of a room ends. */
export interface Tail {
  /** Position, in bytes. */
  readonly end: number;
  /** Wall clock of byte 0, in milliseconds since 1970; `undefined` if nothing is stored. */
  readonly origin: number | undefined;
  /** How many control messages are stored. */
  readonly controls: number;
  /** Whether the room takes no more audio. */
  readonly hasEnded: boolean;
}

export const EMPTY_ROOM: Tail = { end: 0, origin: undefined, controls: 0, hasEnded: false };

/**
 * Reads where the audio of a room ends: two messages, for which permission can be given per room.
 *
 * @throws {TranscriptionError} when the connection was closed, or this user may not read them.
 */
export async function readTail({ nc, jsm }: Broker, room: string, format: PcmFormat): Promise<Tail> {
  const [log, audio] = await Promise.all([
    jsm.direct.getMessage(STREAMS.log, { last_by_subj: SUBJECTS.log(room) }),
    jsm.direct.getMessage(STREAMS.audio, { last_by_subj: SUBJECTS.audio(room) }),
  ]).catch((error) => {
    throw permanentFailure(nc, error) ?? error;
  });
  const entry = log && decodeLogEntry(log.header, log.seq);
  const isDone = entry?.type === 'Done';
  if (audio) {
    const { at, data, origin, controls, isEnd } = decodeTape(audio.header, audio.data, audio.seq);
    return { end: at + data.length, origin, controls, hasEnded: isEnd || isDone };
  }
  if (!entry) return EMPTY_ROOM;
  // the audio has expired, but the transcript continues
  const { checkpoint, controls, origin } = entry;
  return { end: msToBytes(checkpoint.positionMs, format), origin: origin || undefined, controls, hasEnded: isDone };
}

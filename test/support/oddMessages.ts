import type { RawTurn } from '../../src/streaming/finalDetector.ts';
import { final } from './turns.ts';

/** A valid message of each type, with every field that anything uses; turns differ in number and time. */
const messages = (turnOrder: number) => ({
  Begin: { type: 'Begin', id: 'begin', expires_at: 3e9, configuration: { model: 'universal-3-6-pro' } },
  Turn: {
    ...final(turnOrder, 'odd words here', turnOrder * 1000),
    speaker_label: 'A',
    language_code: 'en',
    language_confidence: 0.9,
  },
  SpeechStarted: { type: 'SpeechStarted', timestamp: 5, confidence: 1 },
  Warning: { type: 'Warning', warning_code: 1, warning: 'w' },
  Silence: { type: 'Silence', start_ms: 1, end_ms: 2 },
  Heartbeat: {
    type: 'Heartbeat',
    total_audio_received_ms: 5,
    total_duration_ms: 5,
    realtime_factor: 1,
    max_speech_probability: 0,
  },
  LLMGatewayResponse: { type: 'LLMGatewayResponse', turn_order: 0, transcript: 'x', data: { choices: [] } },
  SpeakerRevision: {
    type: 'SpeakerRevision',
    revisions: [{ turn_order: 0, speaker_label: 'B', words: final(0, 'first').words }],
  },
});
type MessageType = keyof ReturnType<typeof messages>;

/** Fields that are replaced, as paths, by type. */
const FIELDS: Readonly<Record<MessageType, string>> = {
  Begin: 'type id expires_at configuration',
  Turn:
    'type turn_order turn_is_formatted end_of_turn end_of_turn_confidence transcript utterance words words.1 words.1.text ' +
    'words.1.start words.1.end words.1.confidence words.1.word_is_final words.1.speaker words.1.speaker_confidence ' +
    'language_code language_confidence speaker_label speaker_confidence',
  SpeechStarted: 'type timestamp confidence',
  Warning: 'type warning_code warning',
  Silence: 'type start_ms end_ms',
  Heartbeat: 'type total_audio_received_ms total_duration_ms realtime_factor max_speech_probability',
  LLMGatewayResponse: 'type turn_order transcript data',
  SpeakerRevision:
    'type revisions revisions.0 revisions.0.turn_order revisions.0.speaker_label revisions.0.words revisions.0.words.0 ' +
    'revisions.0.words.0.text revisions.0.words.0.start',
};

/** JSON texts of the odd values; `undefined` leaves the field out. */
export const ODD_VALUES = [
  undefined,
  'null',
  'true',
  '-1',
  '0.5',
  '9007199254740992', // 2^53
  '1e300',
  '1e999', // parsed as Infinity
  '""',
  '"x"',
  '"constructor"',
  '[]',
  '{}',
  '[[]]',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
] as const;

/** A message of the service with one odd value. */
export interface OddMessage {
  /** What is odd, for test names: `Turn.words.1.start = 1e999`. */
  readonly name: string;
  /** The message, as the service would send it. */
  readonly json: string;
  /** Texts that must reach the subscriber as finals nevertheless; more may come. */
  readonly texts: readonly string[];
}

/** A field of a message, with each odd value: turns 1 to 15, one a second. */
export interface OddField {
  /** `Turn.words.1.start` */
  readonly name: string;
  readonly messages: readonly OddMessage[];
}

/** Each field of each message with each odd value. */
export function oddFields(): OddField[] {
  return Object.entries(FIELDS).flatMap(([type, paths]) =>
    paths.split(' ').map((path) => ({
      name: `${type}.${path}`,
      messages: ODD_VALUES.map((odd, index) => oddMessage(type as MessageType, path, odd, index + 1)),
    })),
  );
}

/** A good final, sent before and after an odd message: neither may be lost. */
export function goodFinal(turnOrder: number, transcript: string, from: number): RawTurn {
  return final(turnOrder, transcript, from);
}

function oddMessage(type: MessageType, path: string, odd: string | undefined, turnOrder: number): OddMessage {
  const message = structuredClone(messages(turnOrder)[type]) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce((held, key) => held[key] as Record<string, unknown>, message);
  if (odd === undefined && Array.isArray(holder)) holder.splice(Number(last), 1);
  else if (odd === undefined) delete holder[last];
  else holder[last] = '<odd>';
  return {
    name: `${type}.${path} = ${odd === undefined ? 'missing' : odd.slice(0, 20)}`,
    json: JSON.stringify(message).replace('"<odd>"', odd ?? ''),
    texts: textsOf(type, path, odd),
  };
}

/** What of the text survives: all of it, unless the text itself or the type is odd. */
function textsOf(type: string, path: string, odd: string | undefined): string[] {
  if (type !== 'Turn' || path === 'type') return [];
  if (path !== 'transcript') return ['odd words here'];
  return [odd?.startsWith('"') && odd !== '""' ? (JSON.parse(odd) as string) : 'odd words here'];
}

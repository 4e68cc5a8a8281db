import { anything, boolean, clampedInteger, codes, encoding, fraction, integer, json, list } from './checks.ts';
import { oneOf, sampleRate, text, type Check } from './checks.ts';

/** Parameters of a session, values as text. */
export type Parameters = Readonly<Record<string, string>>;

/** Changes of parameters; null resets one to its default. */
export type ParameterUpdate = Readonly<Record<string, string | null>>;

/** Valid parameters in canonical form, or the first error in the words of the service. */
export type Validated<T> = { readonly parameters: T } | { readonly error: string };

const MODELS = [
  'universal-3-6-pro',
  'universal-3-6',
  'universal-3-5-pro',
  'u3-rt-pro',
  'u3-rt-pro-beta-1',
  'u3-rt-agent',
  'universal-3-7-preview',
  'assemblyai-stt-3-7-realtime',
  'assemblyai-stt-3-7-realtime-agent',
  '_universal-3-5-notetaker',
  'universal-streaming-english',
  'universal-streaming-multilingual',
  'whisper-rt',
];

const LANGUAGES =
  'en es de fr it pt tr nl sv no da fi hi vi ar he ja ur zh ru ko ca gl ro et fa yue af mr zu xh nn multi'.split(' ');

const MAX_TEXT = 1750;

const checks: Readonly<Record<string, Check>> = {
  speech_model: oneOf(MODELS),
  sample_rate: sampleRate,
  encoding: encoding(['pcm_s16le', 'pcm_mulaw', 'opus', 'ogg_opus', 'aac']),
  mode: oneOf(['min_latency', 'balanced', 'max_accuracy']),
  min_turn_silence: integer(0, Infinity),
  max_turn_silence: integer(0, Infinity),
  max_turn_duration: integer(1, Infinity),
  end_of_turn_confidence_threshold: fraction,
  vad_threshold: fraction,
  format_turns: boolean,
  interruption_delay: integer(0, 1000),
  continuous_partials: boolean,
  turn_left_pad_ms: integer(0, Infinity),
  include_partial_turns: boolean,
  keyterms_prompt: list(100),
  prompt: text('prompt', MAX_TEXT),
  agent_context: text('agent_context', MAX_TEXT),
  previous_context_n_turns: integer(0, 100),
  language_codes: codes(LANGUAGES),
  language_code: oneOf(LANGUAGES),
  language_detection: boolean,
  language: oneOf(['en', 'multi']),
  domain: oneOf(['medical-v1']),
  speaker_labels: boolean,
  max_speakers: integer(1, 10),
  speaker_labels_revision_interval_ms: clampedInteger(86_400_000, 120_000, 300_000),
  voice_focus: oneOf(['near-field', 'far-field']),
  voice_focus_threshold: fraction,
  filter_profanity: boolean,
  redact_pii: boolean,
  redact_pii_policies: anything,
  redact_pii_sub: oneOf(['hash', 'entity_name']),
  inactivity_timeout: integer(5, 3600),
  session_heartbeat: boolean,
  acknowledge_silence: boolean,
  llm_gateway: json,
  webhook_url: anything,
  webhook_auth_header_name: anything,
  webhook_auth_header_value: anything,
  _customer_support_audio_capture: boolean,
  customer_support_audio_capture: boolean,
  token: anything,
};

const UPDATABLE: ReadonlySet<string> = new Set([
  'keyterms_prompt',
  'min_turn_silence',
  'max_turn_silence',
  'end_of_turn_confidence_threshold',
  'format_turns',
  'vad_threshold',
  'mode',
  'prompt',
  'agent_context',
  'language_codes',
  'interruption_delay',
  'continuous_partials',
  'turn_left_pad_ms',
  'acknowledge_silence',
  'session_heartbeat',
  'filter_profanity',
]);

const NULLABLE: ReadonlySet<string> = new Set(['keyterms_prompt', 'prompt', 'min_turn_silence', 'max_turn_silence']);

/** Reads a query. `language_codes` may be repeated; of other repeated names the last value counts. */
export function readQuery(query: URLSearchParams): Parameters {
  const repeated = query.getAll('language_codes');
  const parameters = Object.fromEntries(query);
  return repeated.length > 1 ? { ...parameters, language_codes: JSON.stringify(repeated) } : parameters;
}

/** Validates the parameters of a connection. */
export function validateParameters(given: Parameters): Validated<Parameters> {
  const validated = checkAll(given);
  if ('error' in validated) return validated;
  const { voice_focus: focus, voice_focus_threshold: threshold } = given;
  if (threshold !== undefined && focus === undefined) {
    return invalid('voice_focus_threshold', 'Value error, voice_focus_threshold requires voice_focus');
  }
  return refuseOnUniversal(given, given['speech_model']) ?? { parameters: validated.parameters as Parameters };
}

/** Validates the fields of an `UpdateConfiguration`. */
export function validateUpdate(
  fields: Readonly<Record<string, unknown>>,
  model: string | undefined,
): Validated<ParameterUpdate> {
  const entries = Object.entries(fields).map(([name, value]) => [name, asText(name, value)] as const);
  const update = Object.fromEntries(entries);
  return refuseOnUniversal(update, model) ?? checkAll(update);
}

/** Names that the service does not know. It ignores them. */
export function unknownNames(parameters: Parameters): string[] {
  return Object.keys(parameters).filter((name) => !Object.hasOwn(checks, name));
}

/** Names that cannot be changed during a session. */
export function namesNotUpdatable(update: ParameterUpdate): string[] {
  return Object.keys(update).filter((name) => !UPDATABLE.has(name));
}

function checkAll(given: ParameterUpdate): Validated<ParameterUpdate> {
  const parameters: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(given)) {
    const checked = value === null ? { value } : (Object.hasOwn(checks, name) ? checks[name]! : anything)(value);
    if ('error' in checked) return invalid(checked.at === undefined ? name : `${name}.${checked.at}`, checked.error);
    parameters[name] = checked.value;
  }
  return { parameters };
}

/** The Universal-Streaming models have neither a prompt nor a mode. */
function refuseOnUniversal(given: ParameterUpdate, model: string | undefined): { readonly error: string } | undefined {
  if (model === undefined || !/^(universal-streaming|whisper)/.test(model)) return undefined;
  const name = ['prompt', 'mode'].find((one) => given[one] !== undefined);
  return name === undefined ? undefined : invalid(name, `${name} is only supported with the 'u3-rt-pro' speech_model`);
}

/** Writes a value of an update as a query would. */
function asText(name: string, value: unknown): string | null {
  if (value === null && NULLABLE.has(name)) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(name: string, error: string): { readonly error: string } {
  return { error: `User Input Validation Error: Invalid '${name}': ${error}` };
}

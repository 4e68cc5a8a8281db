/** Parameters of a session as in the query, values as text. */
export type Parameters = Readonly<Record<string, string>>;

/** Returns what is wrong with a value; undefined if nothing is. */
type Check = (value: string) => string | undefined;

const MODELS = [
  'universal-3-6-pro',
  'universal-3-6',
  'universal-3-5-pro',
  'u3-rt-pro',
  'u3-rt-pro-beta-1',
  'u3-rt-agent',
  'universal-3-7-preview',
  '_universal-3-5-notetaker',
  'universal-streaming-english',
  'universal-streaming-multilingual',
  'whisper-rt',
];

const LANGUAGES =
  'ar bg cs da de el en es et fi fr he hi hr hu id it ja ko lt lv ms multi nl no pl pt ro ru sv tr uk vi zh'.split(' ');

const LONGEST_TEXT = 1750;

const checks: Readonly<Record<string, Check>> = {
  speech_model: oneOf(MODELS),
  sample_rate: whole(8000, 96_000),
  encoding: oneOf(['pcm_s16le', 'pcm_mulaw', 'opus', 'ogg_opus', 'aac']),
  mode: oneOf(['min_latency', 'balanced', 'max_accuracy']),
  min_turn_silence: whole(0, Infinity),
  max_turn_silence: whole(0, Infinity),
  max_turn_duration: whole(1, Infinity),
  end_of_turn_confidence_threshold: fraction,
  vad_threshold: fraction,
  format_turns: flag,
  interruption_delay: whole(0, 1000),
  continuous_partials: flag,
  turn_left_pad_ms: whole(0, Infinity),
  include_partial_turns: flag,
  keyterms_prompt: list(100),
  prompt: textUpTo(LONGEST_TEXT),
  agent_context: textUpTo(LONGEST_TEXT),
  previous_context_n_turns: whole(0, 100),
  language_codes: languages,
  language_code: oneOf(LANGUAGES),
  language_detection: flag,
  language: oneOf(['en', 'multi']),
  domain: oneOf(['medical-v1']),
  speaker_labels: flag,
  max_speakers: whole(1, 10),
  speaker_labels_revision_interval_ms: (value) => (value === '0' ? undefined : whole(120_000, 300_000)(value)),
  voice_focus: oneOf(['near-field', 'far-field']),
  voice_focus_threshold: fraction,
  filter_profanity: flag,
  redact_pii: flag,
  redact_pii_policies: () => undefined,
  redact_pii_sub: oneOf(['hash', 'entity_name']),
  inactivity_timeout: whole(5, 3600),
  session_heartbeat: flag,
  acknowledge_silence: flag,
  llm_gateway: json,
  webhook_url: () => undefined,
  webhook_auth_header_name: () => undefined,
  webhook_auth_header_value: () => undefined,
  _customer_support_audio_capture: flag,
  token: () => undefined,
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

/** Returns the first error in the parameters, in the words of the service; undefined if all known ones are valid. */
export function validate(parameters: Parameters, model: string | undefined): string | undefined {
  for (const [name, value] of Object.entries(parameters)) {
    const wanted = checks[name]?.(value);
    if (wanted !== undefined) return invalid(name, wanted);
  }
  return conflict(parameters, model);
}

/** Names that the service does not know. It ignores them. */
export function unknownNames(parameters: Parameters): string[] {
  return Object.keys(parameters).filter((name) => !Object.hasOwn(checks, name));
}

/** Names that cannot be changed during a session. */
export function namesNotUpdatable(parameters: Parameters): string[] {
  return Object.keys(parameters).filter((name) => !UPDATABLE.has(name));
}

/** Writes the values of an `UpdateConfiguration` as a query would. */
export function asParameters(update: Readonly<Record<string, unknown>>): Parameters {
  return Object.fromEntries(Object.entries(update).map(([name, value]) => [name, asText(value)]));
}

function conflict(parameters: Parameters, model: string | undefined): string | undefined {
  const { mode, voice_focus: focus, voice_focus_threshold: threshold } = parameters;
  if (mode !== undefined && model !== undefined && /^(universal-streaming|whisper)/.test(model)) {
    return invalid('mode', `not supported by ${model}`);
  }
  if (threshold !== undefined && focus === undefined) return invalid('voice_focus_threshold', 'requires voice_focus');
  return undefined;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(name: string, why: string): string {
  return `User Input Validation Error: Invalid '${name}': ${why}`;
}

function oneOf(values: readonly string[]): Check {
  return (value) => (values.includes(value) ? undefined : `'${value}' is not one of ${values.join(', ')}`);
}

function whole(least: number, most: number): Check {
  return (value) => {
    const number = Number(value);
    const good = /^-?\d+$/.test(value) && number >= least && number <= most;
    return good ? undefined : `'${value}' is not a whole number from ${least} to ${most}`;
  };
}

function fraction(value: string): string | undefined {
  const number = Number(value);
  return value !== '' && number >= 0 && number <= 1 ? undefined : `'${value}' is not a number from 0 to 1`;
}

function flag(value: string): string | undefined {
  return value === 'true' || value === 'false' ? undefined : `'${value}' is not true or false`;
}

function textUpTo(most: number): Check {
  return (value) => (value.length <= most ? undefined : `must not be longer than ${most} characters`);
}

function list(most: number): Check {
  return (value) => {
    const items = strings(value);
    if (items === undefined) return 'not a list of strings';
    return items.length <= most ? undefined : `must not have more than ${most} items`;
  };
}

function languages(value: string): string | undefined {
  const codes = strings(value);
  if (codes === undefined) return 'not a list of strings';
  if (codes.length > 10) return 'must not have more than 10 items';
  if (codes.includes('multi') && codes.length > 1) return "'multi' must stand alone";
  return codes.map(oneOf(LANGUAGES)).find((wrong) => wrong !== undefined);
}

function json(value: string): string | undefined {
  try {
    JSON.parse(value);
    return undefined;
  } catch {
    return 'not JSON';
  }
}

function strings(value: string): string[] | undefined {
  try {
    const items: unknown = JSON.parse(value);
    return Array.isArray(items) && items.every((item) => typeof item === 'string') ? items : undefined;
  } catch {
    return undefined;
  }
}

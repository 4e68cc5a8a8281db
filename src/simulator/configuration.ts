import { proStyle } from './proStyle.ts';
import { universalStyle } from './universalStyle.ts';
import type { Parameters, ParameterUpdate } from './parameters.ts';
import { SpeakerLabels } from './speakerLabels.ts';
import type { TurnSettings, TurnStyle } from './turnStyle.ts';

/** Finals of the Universal-Streaming models with `format_turns`: an unformatted one and a formatted one, or one. */
export type Formatting = 'two-finals' | 'one-final';

/** The model of a session that names none. The default of the real service has changed several times. */
const DEFAULT_MODEL = 'universal-3-6-pro';

const PRESETS: Readonly<Record<string, { readonly min: number; readonly max: number; readonly delay: number }>> = {
  min_latency: { min: 128, max: 640, delay: 0 },
  balanced: { min: 128, max: 1280, delay: 500 },
  max_accuracy: { min: 512, max: 2560, delay: 500 },
};

const DIARIZING = { min: 640, max: 768, delay: 500 };

/** The model that a session uses: the language code `multi` selects the multilingual one. */
function modelOf({ speech_model: model = DEFAULT_MODEL, language_codes: codes }: Parameters): string {
  return codes === '["multi"]' ? 'universal-streaming-multilingual' : model;
}

/** Whether the model belongs to the Pro family. */
function isPro(parameters: Parameters): boolean {
  return !/^(universal-streaming|whisper)/.test(modelOf(parameters));
}

/** The style in which the model of a session sends its turns. */
export function turnStyleOf(parameters: Parameters): TurnStyle {
  return isPro(parameters) ? proStyle : universalStyle;
}

/** The turn settings that follow from the parameters of a session. */
export function turnSettingsOf(parameters: Parameters, formatting: Formatting): TurnSettings {
  const number = (name: string, fallback: number): number => Number(parameters[name] ?? fallback);
  const on = (name: string, fallback = false): boolean => (parameters[name] ?? String(fallback)) === 'true';
  const pro = isPro(parameters);
  const diarizing = on('speaker_labels');
  const proPreset = diarizing ? DIARIZING : PRESETS[parameters['mode'] ?? 'balanced']!;
  const preset = pro ? proPreset : { min: 400, max: 1280, delay: 0 };
  const formatted = formatting === 'two-finals' ? 'both' : 'formatted';
  return {
    minSilenceMs: Math.min(10_000, Math.max(50, number('min_turn_silence', preset.min))),
    maxSilenceMs: number('max_turn_silence', preset.max),
    maxDurationMs: number('max_turn_duration', pro && diarizing ? 10_000 : 60_000),
    firstPartialMs: number('interruption_delay', preset.delay) + 256,
    partialIntervalMs: on('continuous_partials', !diarizing) ? 1000 : 3000,
    partials: on('include_partial_turns', !on('redact_pii')),
    acknowledgeSilence: pro && on('acknowledge_silence'),
    confidence: pro ? 0.5 : number('end_of_turn_confidence_threshold', 0.4),
    finals: on('format_turns') ? formatted : 'plain',
    language: on('language_detection'),
  };
}

/** Applies an update. A new `mode` resets the silences and delay of its preset, except those in the update; null resets. */
export function withUpdate(parameters: Parameters, update: ParameterUpdate): Parameters {
  const { min_turn_silence: _min, max_turn_silence: _max, interruption_delay: _delay, ...rest } = parameters;
  const merged = Object.entries({ ...(update['mode'] === undefined ? parameters : rest), ...update });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The speaker labels of a session that wants them. */
export function speakerLabelsOf(parameters: Parameters): SpeakerLabels | undefined {
  if (parameters['speaker_labels'] !== 'true') return undefined;
  const intervalMs = Number(parameters['speaker_labels_revision_interval_ms'] ?? 0);
  return new SpeakerLabels(intervalMs === 0 ? Infinity : intervalMs);
}

/** `Begin.configuration`: the parameters as the service understood them. */
export function beginConfiguration(parameters: Parameters, apiVersion: string): Readonly<Record<string, unknown>> {
  const on = (name: string): boolean => parameters[name] === 'true';
  return {
    model: modelOf(parameters),
    mode: isPro(parameters) ? (parameters['mode'] ?? 'balanced') : null,
    api_version: apiVersion,
    speaker_labels: on('speaker_labels'),
    redact_pii: on('redact_pii'),
    filter_profanity: on('filter_profanity'),
    domain: parameters['domain'] ?? null,
    voice_focus: parameters['voice_focus'] ?? null,
  };
}

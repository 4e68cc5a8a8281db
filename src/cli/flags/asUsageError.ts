import { UsageError } from '../usageError.ts';

/** Calls a function that validates options; its error becomes a `UsageError` that names the flag instead of the option. */
export function asUsageError<T>(build: () => T): T {
  try {
    return build();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw new UsageError(nameFlags(cause.message), { cause });
  }
}

/** Flags whose names differ from their option by more than spelling. */
const FLAG_OF: Readonly<Record<string, string>> = {
  apiKey: 'ASSEMBLYAI_API_KEY',
  websocketBaseUrl: '--url',
  'give region or': 'give --region or',
  keytermsPrompt: '--keyterms',
  channelMap: '--channel',
};

/** Options with a flag of the same name; all others are set with `--param`. */
const SAME_NAME =
  /^(speechModel|sampleRate|region|speakerLabels|languageCodes|speed|device|vad|denoise|highpass|agc|limiter|dcRemoval|framesPerBuffer|modelPath|follow)\b/;

function nameFlags(message: string): string {
  const [, unknown] = /^unknown option (\w+)/.exec(message) ?? [];
  if (unknown !== undefined) return `--param: there is no option ${unknown}`;
  const named = message.replace(
    SAME_NAME,
    (name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
  return Object.entries(FLAG_OF).reduce(
    (text, [name, flag]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), flag),
    named,
  );
}

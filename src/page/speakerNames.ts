import { isRecord } from '../optionRules.ts';
import { singleLine } from '../captions/singleLine.ts';
import type { SpeakerNames } from './client/viewState.ts';

/** Longest label and longest name of a speaker, in UTF-16 code units. */
const MAX_LENGTH = 100;
/** Most names. */
const MAX_NAMES = 100;

/** Whether a value has names by labels: strings of 1 to 100 characters, in one line. */
export function areSpeakerNames(value: unknown): value is SpeakerNames {
  if (!isRecord(value)) return false;
  const texts = Object.entries(value).flat();
  return texts.length <= 2 * MAX_NAMES && texts.every(isName);
}

/** What `areSpeakerNames` accepts, for messages. */
export const SPEAKER_NAMES: string = `names of 1 to ${MAX_LENGTH} characters by labels, at most ${MAX_NAMES}`;

function isName(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && text.length <= MAX_LENGTH && singleLine(text) === text;
}

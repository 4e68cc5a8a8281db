import type { Declarations } from './declareFlags.ts';
import { inGroup, list, number } from './declareFlags.ts';

/** The flags of every command that connects to the service. */
export interface ServiceFlags {
  readonly speechModel: string;
  readonly sampleRate: number;
  readonly url?: string;
  readonly region?: string;
  readonly keyterms?: readonly string[];
  readonly speakerLabels?: boolean;
  readonly languageCodes?: readonly string[];
  readonly reconnect: boolean;
  /** Seconds. */
  readonly suspendAfter?: number;
  /** Price of an hour of session, in any currency. */
  readonly price?: number;
  readonly param?: readonly string[];
}

/** Model ids and their numbers of languages. The service accepts others, too. */
const MODELS =
  'Speech model: universal-3-6-pro (32 languages, switching between them), universal-3-5-pro, ' +
  'universal-streaming-english, universal-streaming-multilingual (6 languages), or any newer one';

export const SERVICE: Declarations<ServiceFlags> = inGroup('Recognition:', {
  'speech-model': { type: 'string', requiresArg: true, default: 'universal-3-6-pro', describe: MODELS },
  'sample-rate': {
    requiresArg: true,
    default: 16_000,
    coerce: number('sample-rate'),
    describe: 'Sample rate of the audio sent, in hertz',
  },
  url: { type: 'string', requiresArg: true, describe: 'Address of another service, wss://…' },
  region: { choices: ['us', 'eu'], requiresArg: true, describe: 'Region that processes the audio' },
  keyterms: {
    type: 'string',
    requiresArg: true,
    coerce: list,
    describe: 'Words to expect, separated by commas: Kubernetes,RxJS',
  },
  'speaker-labels': { type: 'boolean', describe: 'Identify speakers; their labels precede the text' },
  'language-codes': {
    type: 'string',
    requiresArg: true,
    coerce: list,
    describe: 'Languages to expect, separated by commas: en,es',
  },
  reconnect: {
    type: 'boolean',
    default: true,
    describe: 'Reconnect after a broken connection; --no-reconnect fails instead',
  },
  'suspend-after': {
    requiresArg: true,
    coerce: number('suspend-after'),
    describe: 'End the session after so many seconds without speech, and open one when there is speech again',
  },
  price: {
    requiresArg: true,
    coerce: number('price'),
    describe: 'Price of an hour of session, to print at the end what the sessions cost',
  },
  param: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: "Set any other option of the service's SDK, as in --param maxTurnSilence=800; may be repeated",
  },
});

import type { Declarations } from './declareFlags.ts';
import { list, number } from './declareFlags.ts';

/** Flags of every command that talks to the service. */
export interface ServiceFlags {
  readonly speechModel: string;
  readonly sampleRate: number;
  readonly url?: string;
  readonly region?: string;
  readonly keyterms?: readonly string[];
  readonly speakerLabels?: boolean;
  readonly languageCodes?: readonly string[];
  readonly reconnect: boolean;
  readonly param?: readonly string[];
}

export const SERVICE: Declarations<ServiceFlags> = {
  'speech-model': { type: 'string', requiresArg: true, default: 'u3-rt-pro', describe: 'Model that recognises' },
  'sample-rate': {
    requiresArg: true,
    default: 16_000,
    coerce: number('sample-rate'),
    describe: 'Samples per second of what is sent, in hertz',
  },
  url: { type: 'string', requiresArg: true, describe: 'Address of the service, wss://…, instead of the real one' },
  region: { choices: ['us', 'eu'], requiresArg: true, describe: 'Data zone that may process the audio' },
  keyterms: {
    type: 'string',
    requiresArg: true,
    coerce: list,
    describe: 'Words to expect, separated by commas: Kubernetes,RxJS',
  },
  'speaker-labels': { type: 'boolean', describe: 'Tell speakers apart; their label goes before the text' },
  'language-codes': {
    type: 'string',
    requiresArg: true,
    coerce: list,
    describe: 'Languages to expect, separated by commas: en,es',
  },
  reconnect: {
    type: 'boolean',
    default: true,
    describe: 'Come back after a broken connection with nothing lost; --no-reconnect ends with an error',
  },
  param: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: "Any other option of the service's SDK, name=value; may be repeated: --param maxTurnSilence=800",
  },
};

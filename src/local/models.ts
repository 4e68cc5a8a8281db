import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KNOWN_FILES } from './knownModels.ts';

/** How sherpa-onnx names the kinds of models it runs. Only `moonshine` was run; the others follow its documentation. */
export type ModelKind =
  'moonshine' | 'transducer' | 'whisper' | 'senseVoice' | 'paraformer' | 'zipformer2Ctc' | 'nemoCtc';

/** The model in a directory. */
export interface Model {
  readonly kind: ModelKind;
  /** Whether it recognises audio as it comes in, instead of whole stretches of speech. */
  readonly streaming: boolean;
  /** Absolute or relative path of each file, under sherpa-onnx's name for it. */
  readonly files: Readonly<Record<string, string>>;
  readonly modelType?: string;
}

/** The smallest model file, in bytes; a shorter one is a download that was cut, or a pointer to large file storage. */
const SMALLEST_MODEL_BYTES = 100_000;

/**
 * Finds the model in a directory by the names of its files, as the archives of sherpa-onnx name them.
 *
 * @throws {Error} one line that says which file is missing, cut or unknown.
 */
export function findModel(directory: string): Model {
  const model = modelIn(directory, fileNames(directory));
  for (const path of Object.values(model.files)) checkSize(path);
  return model;
}

/**
 * Checks the files of known models against their SHA-256. Files of other models pass.
 *
 * @throws {Error} that names the file that differs.
 */
export async function checkHashes({ files }: Model): Promise<void> {
  for (const path of Object.values(files)) {
    const { size } = statSync(path);
    const known = KNOWN_FILES.filter((file) => file.name === basename(path));
    const expected = known.find((file) => file.bytes === size);
    if (expected && (await sha256(path)) !== expected.sha256) {
      throw new Error(`${path} is damaged: its SHA-256 differs from the published one; fetch the model again`);
    }
  }
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'there is no such directory' : 'it cannot be read';
    throw new Error(`no model at ${directory}: ${reason}; rxscribe models lists models and how to get them`, {
      cause: error,
    });
  }
}

function modelIn(directory: string, names: readonly string[]): Model {
  /** The path of the first file that matches one of the patterns; a quantised file is preferred. */
  const find = (...patterns: readonly RegExp[]): string | undefined => {
    for (const pattern of patterns) {
      const [name] = names.filter((each) => pattern.test(each)).toSorted((a, b) => isQuantised(b) - isQuantised(a));
      if (name !== undefined) return join(directory, name);
    }
    return undefined;
  };
  const tokens = find(/tokens\.txt$/);
  if (tokens === undefined) {
    throw new Error(`${directory} has no tokens.txt, so it is not a model of sherpa-onnx; it has ${listed(names)}`);
  }
  const streaming = /stream|online|kroko/i.test(basename(directory));
  const nemo = /parakeet|nemo/i.test(basename(directory));
  const encoder = find(/^encoder_model\.(ort|onnx)$/, /encoder.*\.onnx$/, /encode.*\.onnx$/);
  const mergedDecoder = find(/^decoder_model_merged\.(ort|onnx)$/);
  const decoder = find(/decoder.*\.onnx$/);
  const joiner = find(/joiner.*\.onnx$/);
  const model = find(/^model.*\.onnx$/, /ctc.*\.onnx$/);

  if (encoder !== undefined && mergedDecoder !== undefined) {
    return { kind: 'moonshine', streaming: false, files: { encoder, mergedDecoder, tokens } };
  }
  if (encoder !== undefined && decoder !== undefined && joiner !== undefined) {
    const files = { encoder, decoder, joiner, tokens };
    return { kind: 'transducer', streaming, files, ...(nemo && !streaming && { modelType: 'nemo_transducer' }) };
  }
  if (encoder !== undefined && decoder !== undefined) {
    const kind = /paraformer/i.test(basename(directory)) ? 'paraformer' : 'whisper';
    return { kind, streaming: kind === 'paraformer' && streaming, files: { encoder, decoder, tokens } };
  }
  if (model !== undefined) {
    const kind = /sense/i.test(basename(directory)) ? 'senseVoice' : nemo ? 'nemoCtc' : 'zipformer2Ctc';
    return { kind, streaming: kind === 'zipformer2Ctc' && streaming, files: { model, tokens } };
  }
  throw new Error(
    `${directory} has no model of a known kind: a file is missing, or its name is unknown; it has ${listed(names)}`,
  );
}

function checkSize(path: string): void {
  const { size } = statSync(path);
  const known = KNOWN_FILES.filter((file) => file.name === basename(path));
  const tooShort = path.endsWith('.txt') ? size === 0 : size < SMALLEST_MODEL_BYTES;
  if (!tooShort) return;
  const expected = known.length > 0 ? `, expected ${known.map((file) => file.bytes).join(' or ')}` : '';
  throw new Error(`${path} is incomplete: it has ${size} bytes${expected}; fetch the model again`);
}

function isQuantised(name: string): number {
  return Number(/int8|quant/.test(name));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'no files' : names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
}

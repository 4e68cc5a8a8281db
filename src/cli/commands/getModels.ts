import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { columnsOf } from '../../captions/columnsOf.ts';
import { downloadModel, knownModel } from '../../local/downloadModel.ts';
import { KNOWN_MODELS } from '../../local/knownModels.ts';
import type { KnownModel } from '../../local/knownModels.ts';
import { checkHashes, findModel } from '../../local/models.ts';
import { modelsDirectory } from '../../local/modelsDirectory.ts';
import type { ModelsFlags } from '../flags/modelsFlags.ts';
import { printable } from '../terminal/printable.ts';
import { ProgressBar } from '../terminal/progressBar.ts';
import { UsageError } from '../usageError.ts';

const HEADER = ['name', 'language', 'size', 'licence', 'streaming', 'punctuation', 'word times', 'tested', 'get it'];

/** Prints the known models as a table; those that are not tested here follow the documentation of sherpa-onnx. */
export function listModels({ json }: Pick<ModelsFlags, 'json'>): void {
  const rows = [HEADER, ...KNOWN_MODELS.map(cells)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - columnsOf(cell))).join('  ');
  const text = json ? JSON.stringify(KNOWN_MODELS, undefined, 2) : rows.map((row) => line(row).trimEnd()).join('\n');
  process.stdout.write(`${text}\n`);
}

/** Downloads a model into a directory, after printing how much that is. A complete model is left as it is. */
export async function getModel(name: string | undefined, directory?: string): Promise<void> {
  if (name === undefined) throw new UsageError('the name of the model is missing; rxscribe models lists them');
  const { bytes } = knownModel(name);
  const target = directory ?? join(modelsDirectory(), name);
  if (existsSync(target)) {
    await checkHashes(findModel(target));
    return note(`${name} is already in ${target}`);
  }
  const bar = new ProgressBar(process.stderr);
  let isAnnounced = false;
  try {
    await downloadModel(name, target, ({ done, total }) => {
      const size = `${megabytes(total)} from the npm registry, ${megabytes(bytes)} on disk`;
      if (!isAnnounced) note(`downloading ${name}: ${size}`);
      isAnnounced = true;
      bar.show(done / total, `${megabytes(done)} of ${megabytes(total)}`);
    });
  } finally {
    bar.clear();
  }
  note(
    `${name} is in ${target}, hashes checked; use it with: rxscribe listen --local${directory === undefined ? ` ${name}` : ` ${target}`}`,
  );
}

function cells(model: KnownModel): string[] {
  const { name, languages, bytes, licence, streaming, punctuation, wordTimes, tested, download, source } = model;
  const how = download ? `rxscribe models get ${name}` : source;
  const times = wordTimes ? 'yes' : 'estimated';
  return [name, languages, megabytes(bytes), licence, yes(streaming), yes(punctuation), times, yes(tested), how];
}

function yes(value: boolean): string {
  return value ? 'yes' : 'no';
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function note(text: string): void {
  process.stderr.write(`rxscribe: ${printable(text)}\n`);
}

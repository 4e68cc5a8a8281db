import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KNOWN_MODELS } from '../local/knownModels.ts';
import { modelsDirectory } from '../local/modelsDirectory.ts';
import { setting } from './environment.ts';

const DEFAULT_MODEL = 'moonshine-tiny-en';

/**
 * Finds the directory of the model: the given one, the one of that name in the directory of models, or the default.
 *
 * @throws {Error} with the command that downloads the model.
 */
export function modelDirectory(given: string): string {
  const wanted = given || setting('RXSCRIBE_MODEL') || DEFAULT_MODEL;
  if (existsSync(wanted)) return wanted;
  const known = KNOWN_MODELS.find(({ name }) => name === wanted);
  if (!known) throw new Error(`there is no model at ${wanted}; rxscribe models lists models and how to get them`);
  const directory = join(modelsDirectory(), wanted);
  if (existsSync(directory)) return directory;
  const how = known.download ? `rxscribe models get ${wanted}` : `it is in ${known.source}`;
  throw new Error(`the model ${wanted} is not on this device; get it with: ${how}`);
}

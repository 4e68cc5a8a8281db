import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The directory in which models are kept, by the convention of the platform: `$XDG_DATA_HOME/rxscribe/models` or
 * `~/.local/share/rxscribe/models` on Linux, `~/Library/Application Support/…` on macOS, `%LOCALAPPDATA%\…` on Windows.
 */
export function modelsDirectory(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(dataDirectory(env, platform), 'rxscribe', 'models');
}

function dataDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  return env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
}

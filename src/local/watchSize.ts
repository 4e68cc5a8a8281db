import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How often the size is reported, in milliseconds. */
const PERIOD_MS = 200;

/** Reports the size of the files in a directory, in bytes, while a task runs that writes them. */
export async function watchSize<Result>(
  directory: string,
  task: Promise<Result>,
  onSize: (bytes: number) => void,
): Promise<Result> {
  let isRunning = true;
  const watch = setInterval(() => {
    void sizeOf(directory).then((bytes) => {
      if (isRunning) onSize(bytes);
    });
  }, PERIOD_MS);
  try {
    return await task;
  } finally {
    isRunning = false;
    clearInterval(watch);
  }
}

/** The size of the files that exist; some may be removed or renamed while they are counted. */
async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(directory, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

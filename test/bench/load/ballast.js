// Data of an application: V8 collects the buffers of a process with a heap of 8 MB or more in a different rhythm, so a
// benchmark without such data measures that threshold.

/** Allocates so many megabytes of small objects, reachable for as long as the result is. */
export function ballast(megabytes) {
  const objects = [];
  const before = process.memoryUsage().heapUsed;
  while (process.memoryUsage().heapUsed - before < megabytes * 1e6) {
    for (let index = 0; index < 1000; index++) objects.push({ id: objects.length, name: `row ${objects.length}` });
  }
  return objects;
}

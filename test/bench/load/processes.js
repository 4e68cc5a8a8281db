// Starts the processes of a benchmark: the service and its workers.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts the service; `usage()` resolves to its CPU time so far in milliseconds. */
export async function startService() {
  const child = fork(path('server.js'), { execArgv: [] });
  const [{ url }] = await once(child, 'message');
  return {
    url,
    async usage() {
      child.send('usage');
      return (await once(child, 'message'))[0].cpuMs;
    },
    stop: () => child.kill(),
  };
}

/** `ws` masks frames in JavaScript if it must not use `bufferutil`. */
function maskEnvironment(nativeMasks) {
  return nativeMasks ? {} : { WS_NO_BUFFER_UTIL: '1' };
}

/**
 * Runs a task in a child process and resolves to its result. `nativeMasks` is whether `ws` has `bufferutil`. For each
 * measured step, adds the CPU time of the service as `serviceCpuMs`.
 */
export async function run(task, service, flags = []) {
  const child = fork(path('worker.js'), [JSON.stringify({ ...task, url: service.url })], {
    execPath: task.node ?? process.execPath,
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...flags],
    env: { ...process.env, ...maskEnvironment(task.nativeMasks ?? false) },
  });
  const usages = [];
  return new Promise((resolve, reject) => {
    let pendingUsage = Promise.resolve();
    child.on('message', (message) => {
      if (message.window) pendingUsage = pendingUsage.then(async () => usages.push(await service.usage()));
      else {
        message.steps?.forEach((step, index) => (step.serviceCpuMs = usages[2 * index + 1] - usages[2 * index]));
        resolve(message);
      }
    });
    child.once('exit', (code) => reject(new Error(`${task.contender} ended with code ${code} at ${task.name}`)));
  });
}

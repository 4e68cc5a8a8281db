// Runs jest with the local service's certificate authority already trusted. Node reads NODE_EXTRA_CA_CERTS only when it
// starts, so the authority is created here, before jest is started.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../dist/src/simulator/index.js';

const dir = mkdtempSync(join(tmpdir(), 'rxscribe-test-'));
process.once('exit', () => rmSync(dir, { recursive: true, force: true }));

const caFile = await createAuthority(dir);
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
// tests mostly wait for audio in real time; jest's configuration file accepts no percentage above 100
const workers = `--maxWorkers=${Math.ceil(1.5 * availableParallelism())}`;
const args = process.argv.slice(2);
const hasWorkersOption = args.some((arg) => /^(-i|-w|--runInBand|--maxWorkers)/.test(arg));
const child = spawn(process.execPath, [...jest, ...(hasWorkersOption ? [] : [workers]), ...args], {
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, RXSCRIBE_TEST_CA_DIR: dir },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.once('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
});

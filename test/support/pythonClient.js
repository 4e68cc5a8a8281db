// Runs every option of the official Python streaming client against the local service (docs/protocol.md):
// node test/support/pythonClient.js PYTHON SDK_FOLDER
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSimulator } from '../../dist/src/simulator/index.js';

const [python, sdk] = process.argv.slice(2);
const simulator = await startSimulator();
const files = ['everyOption.py', '../../src/simulator/recording/demo.wav'].map(
  (path) => new URL(path, import.meta.url),
);
const [program, recording] = files.map(({ pathname }) => pathname);
const child = spawn(python, [program, new URL(simulator.url).host, simulator.apiKey, recording], {
  env: { ...process.env, PYTHONPATH: sdk, SSL_CERT_FILE: simulator.caFile },
  stdio: 'inherit',
});
const [code] = await once(child, 'exit');
await simulator.close();
process.exitCode = code ?? 1;

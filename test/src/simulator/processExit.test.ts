import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';

const PROGRAM = `
  import { WebSocket } from 'ws';
  import { startSimulator } from './dist/src/simulator/index.js';
  const simulator = await startSimulator({
    caDir: process.env.RXSCRIBE_TEST_CA_DIR,
    terminationDelayMs: 60_000,
    faults: [{ atMs: 0, fault: process.argv[1] }],
  });
  const socket = new WebSocket(simulator.url + '?session_heartbeat=true&inactivity_timeout=600', {
    headers: { authorization: simulator.apiKey },
  });
  await new Promise((resolve) => socket.once('message', resolve));
  socket.on('error', () => undefined);
  socket.send(new Uint8Array(3200));
  socket.send(JSON.stringify({ type: 'Terminate' }));
  while (simulator.sessions[0].controls.length + simulator.sessions[0].frameBytes.length === 0) {
    await new Promise(setImmediate);
  }
  await simulator.close();
  socket.terminate();
  console.log('closed');
`;

describe('close', () => {
  it.each(['warning', 'stall', 'error-open', 'close-silent', 'reset', 'no-termination'])(
    'lets the process exit, after %s',
    async (fault) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, fault], { timeout: 100_000 });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
      const [code] = await once(child, 'close');
      expect({ code, output }).toEqual({ code: 0, output: 'closed\n' });
    },
  );
});

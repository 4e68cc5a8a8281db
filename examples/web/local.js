// The app without key or account: starts the local service, and Vite in a process that trusts it.
//   npm run local
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSimulator } from 'rxscribe/simulator';

const { PORT = '8443' } = process.env;
const { url, caFile, apiKey, close } = await startSimulator({ port: Number(PORT), caDir: 'node_modules/.rxscribe' });
console.log(`
The local service knows one recording, and of your own voice it tells only that there is speech. Play this in the app:
  node_modules/rxscribe/dist/src/simulator/recording/demo.wav
Your browser has to trust the service: add its authority, made on this machine, to the browser's own,
  ${caFile}
or open ${new URL(url).origin.replace('wss', 'https')} there once and accept the certificate.
`);

const vite = spawn(process.execPath, ['node_modules/vite/bin/vite.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey, SERVICE: url },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vite.kill(signal));
await once(vite, 'exit');
await close();

// Runs the app without key or account: starts the local service, and Vite in a process that trusts it.
//   npm run local
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSimulator } from 'rxscribe/simulator';

const { PORT = '8443' } = process.env;
const { url, caFile, apiKey, close } = await startSimulator({ port: Number(PORT), caDir: 'node_modules/.rxscribe' });
console.log(`
The local service knows only one recording: press "Play the demo" in the app. Of other audio it only detects speech.
Your browser has to trust the service. Either import its authority, which was created on this machine:
  ${caFile}
or open ${new URL(url).origin.replace('wss', 'https')} once and accept the certificate.
`);

const vite = spawn(process.execPath, ['node_modules/vite/bin/vite.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey, SERVICE: url },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vite.kill(signal));
await once(vite, 'exit');
await close();

// The app without key or account: starts the local service, and Vite as a process that trusts it.
//   npm run local
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSimulator } from 'rxscribe/simulator';

const { url, caFile, apiKey, close } = await startSimulator({ port: 8443, caDir: 'node_modules/.rxscribe' });
console.log(`The local service knows one recording, node_modules/rxscribe/dist/src/simulator/recording/demo.wav: open that
in the app. Of your own voice it tells only that there is speech.
Your browser must trust it: open ${url.replace(/^wss(.*)\/v3.*/, 'https$1')} once and accept its certificate, made on this machine,
or add ${caFile} to the browser's authorities.`);

const vite = spawn('npx', ['vite', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey, SERVICE: url },
});
process.on('SIGINT', () => {}); // Ctrl-C ends Vite, and that ends this
await once(vite, 'exit');
await close();

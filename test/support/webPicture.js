// Updates the picture of examples/web in the README with a screenshot of the test that dictates to the app in a browser.
// Run it after changing how the app looks: node test/support/webPicture.js
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const test = spawn(process.execPath, ['test/support/run.js', 'test/examples/web.test.ts'], {
  cwd: root,
  stdio: 'inherit',
});
const [code] = await once(test, 'exit');
if (code !== 0) throw new Error('the tests of the app fail, so the picture is not updated');
await mkdir(join(root, 'examples/pictures'), { recursive: true });
await copyFile(join(root, 'coverage/pictures/web-live.png'), join(root, 'examples/pictures/web.png'));

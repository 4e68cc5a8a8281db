// Takes the pictures of the README anew, from the built program: the demo as it is spoken, and the page where its look is
// chosen. Run by hand, node test/support/pictures.js, when the page looks otherwise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const picture = (name) => join(root, 'src/page/pictures', `${name}.png`);

const args = [join(root, 'dist/src/cli/main.js'), 'demo', '--captions=0'];
const program = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
let url;
for await (const line of createInterface({ input: program.stderr })) {
  [, url] = /captions at (http:\S+)/.exec(line) ?? [];
  if (url) break;
}
program.stderr.resume();

const browser = await chromium.launch({
  executablePath: process.env['RXSCRIBE_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const [stage, setup] = [
  await browser.newPage({ viewport: { width: 1280, height: 720 } }),
  await browser.newPage({ viewport: { width: 1280, height: 900 } }),
];
await stage.goto(url);
await stage
  .locator('#partial')
  .getByText(/Then it waits/)
  .waitFor();
await stage.screenshot({ path: picture('stage') });
await setup.goto(`${url}setup?background=transparent&lines=2&size=5`);
await setup.locator('[name=text][value=live]').check();
await setup
  .frameLocator('#preview')
  .locator('#partial')
  .getByText(/Compose it/)
  .waitFor();
await setup.screenshot({ path: picture('setup') });
await browser.close();
program.kill('SIGINT');
await once(program, 'close');

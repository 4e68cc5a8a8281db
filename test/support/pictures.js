// Renews the pictures of the captions page in the documents, from the built program: the demo as it is spoken on a stage
// screen and on a phone, an overlay on the page where the style is chosen, and the transcript while someone searches it.
// Run it by hand when the page looks different: node test/support/pictures.js
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const picture = (name) => join(root, 'src/page/pictures', `${name}.png`);

const args = [
  join(root, 'dist/src/cli/main.js'),
  'demo',
  '--speed=0.5',
  '--captions=0',
  '--captions-names=A=Anna,B=Ben',
];
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
const open = async (query, width, height) => {
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(90_000);
  await page.goto(`${url}${query}`);
  return page;
};
const [stage, phone, setup, transcript] = await Promise.all([
  open('', 1280, 720),
  open('', 390, 700),
  open('setup?background=transparent&lines=2&size=5&align=center', 1040, 620),
  open('?view=transcript', 1280, 330),
]);
await setup.locator('[name=text][value=live]').check();
await setup.locator('[name=backdrop][value=picture]').check();
await stage
  .locator('#partial')
  .getByText(/Then it waits/)
  .waitFor();
await stage.screenshot({ path: picture('stage') });
await setup
  .frameLocator('#preview')
  .locator('#partial')
  .getByText(/Compose it/)
  .waitFor();
await setup.screenshot({ path: picture('setup') });
await phone.screenshot({ path: picture('phone') });
await transcript.locator('#badge').getByText('ended').waitFor();
await transcript.locator('#query').fill('it');
await transcript.getByText('Download').click();
await transcript.screenshot({ path: picture('transcript') });
await browser.close();
program.kill('SIGINT');
await once(program, 'close');

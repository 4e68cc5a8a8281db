import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Subject } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
// the built package, because browsers are served compiled files
import { captionsServer } from '../../../dist/src/page/index.js';
import type { CaptionsServer } from '../../../dist/src/page/index.js';
import { startBrowser, withoutBrowser } from '../../support/browser.ts';
import { killAll, start } from '../../support/cli.ts';
import { speakerRevision, finalTurn } from '../../support/captions.ts';
import { partial } from '../../support/turns.ts';

/** Folder for screenshots, for people to look at. */
const PICTURES = process.env['RXSCRIBE_TEST_PICTURES'] ?? 'coverage/pictures';

const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };
const lost: TranscriptionEvent = {
  type: 'Reconnecting',
  session: 0,
  attempt: 1,
  delayMs: 1,
  replayMs: 0,
  reason: 'test',
};

const final = (order: number, text: string, speaker?: string): FinalTurn =>
  finalTurn(order, text, order * 5000, speaker === undefined ? {} : { speaker_label: speaker });
const partialTurn = (order: number, text: string): TranscriptionEvent => ({
  ...partial(order, text),
  isFinal: false,
  session: 0,
});

/** The text on the screen, from top to bottom. */
const lines = (page: Page): Promise<string[]> => page.locator('.spoken').allTextContents();

const reason = await withoutBrowser();
if (reason !== undefined) console.warn(`skipped: the captions page; ${reason}`);

(reason === undefined ? describe : describe.skip)('the captions page, in a browser', () => {
  let browser: Browser;
  let event$: Subject<TranscriptionEvent>;
  let server: CaptionsServer;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    await mkdir(PICTURES, { recursive: true });
  });

  afterAll(() => browser.close());

  async function serve(port = 0): Promise<void> {
    event$ = new Subject();
    server = await captionsServer(event$, { port });
    event$.next(begin);
  }

  /** Opens a page, and records every error, message and request to elsewhere. */
  async function visit(path = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce', ...options });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // expected when a test stops the server
      if (!/ERR_CONNECTION|ERR_INCOMPLETE|status of 503/.test(message.text())) problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) problems.push(`request to ${request.url()}`);
    });
    await page.goto(`${server.url}${path}`);
    return page;
  }

  const sees = (page: Page, text: string): Promise<void> => page.getByText(text, { exact: true }).waitFor();
  const picture = (page: Page, name: string): Promise<Buffer> =>
    page.screenshot({ path: join(PICTURES, `${name}.png`), omitBackground: true });

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await Promise.all([server.close(), killAll()]);
    expect(problems.splice(0)).toEqual([]);
  });

  it('shows the same to every viewer, also to late ones', async () => {
    await serve();
    const early = await Promise.all([visit(), visit()]);
    for (let order = 0; order < 30; order += 1) {
      for (const text of ['So', 'So this', 'So this is']) event$.next(partialTurn(order, text));
      event$.next(final(order, `So this is turn ${order}.`, order % 2 === 0 ? 'A' : 'B'));
    }
    event$.next(partialTurn(30, 'And this is'));
    await Promise.all(early.map((page) => sees(page, 'And this is')));
    const late = await visit();
    await sees(late, 'And this is');

    const shown = await Promise.all([...early, late].map((page) => page.locator('#track').innerHTML()));
    expect(shown[1]).toBe(shown[0]);
    expect(shown[2]).toBe(shown[0]);
    expect(await lines(late)).toEqual([
      ...Array.from({ length: 30 }, (_, order) => `So this is turn ${order}.`),
      'And this is',
    ]);
    await picture(late, 'two speakers');
  });

  it('keeps the lines above a partial in place however it is revised, and moves them up only', async () => {
    await serve();
    const page = await visit('?size=8');
    const long = 'one two three four five six seven eight nine ten eleven twelve';
    const revisions = ['One', long, 'One two', `${long} ${long}`, `${long} thirteen`, 'One'];
    event$.next(final(0, 'Above.'));
    await sees(page, 'Above.');
    const above = page.getByText('Above.', { exact: true });
    const tops: number[] = [];
    for (const text of revisions) {
      event$.next(partialTurn(1, text));
      await sees(page, text);
      tops.push((await above.boundingBox())!.y);
    }
    event$.next(final(1, 'One.'));
    await sees(page, 'One.');
    tops.push((await above.boundingBox())!.y);
    const settled = await page.getByText('One.', { exact: true }).boundingBox();
    event$.next(partialTurn(2, 'Then'));
    await sees(page, 'Then');
    tops.push((await above.boundingBox())!.y);

    expect(tops).toEqual(tops.toSorted((a, b) => b - a)); // up the screen, never down
    expect(new Set(tops.slice(3)).size).toBe(1); // within the space that the longest one took
    expect((await page.getByText('One.', { exact: true }).boundingBox())!.y).toBe(settled?.y);
  });

  it('puts a final where its partial was, and moves nothing for its name', async () => {
    await serve();
    const page = await visit();
    event$.next(final(0, 'Who is there?', 'A'));
    event$.next(partialTurn(1, 'it is only me'));
    await sees(page, 'it is only me');
    const before = await page.locator('#partial .spoken').boundingBox();
    event$.next(final(1, 'It is only me.', 'B'));
    await sees(page, 'It is only me.');
    const after = await page.getByText('It is only me.').boundingBox();

    expect({ x: after?.x, y: after?.y }).toEqual({ x: before?.x, y: before?.y });
    expect(await page.locator('.name').allTextContents()).toEqual(['A', 'B']);
  });

  it('shows the demo of the command line', async () => {
    await serve();
    const program = start(['demo', '--captions', '0', '--speed', 'max']);
    const [, url = ''] = await program.stderr.waitFor(/captions at (http:\S+)\n/);
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    await page.goto(url);
    await sees(page, 'ended');
    await picture(page, 'demo');
    const shown = await lines(page);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 0 });
    expect(shown).toHaveLength(7);
    expect(await lines(page)).toEqual(shown); // also after the program has ended
  });

  it('gives each speaker a colour, the same for every viewer, also after a correction', async () => {
    await serve();
    const colours = (page: Page): Promise<string[]> =>
      page.locator('.spoken').evaluateAll((nodes) => nodes.map((node) => (node as HTMLElement).style.color));
    const page = await visit();
    const turns = [final(0, 'One.', 'A'), final(1, 'Two.', 'B'), final(2, 'Three.'), final(3, 'Four.', 'A')];
    for (const turn of turns) event$.next(turn);
    await sees(page, 'Four.');
    const [a, b, unknown, again] = await colours(page);
    event$.next(speakerRevision(['B', turns[2]!]));
    await page.locator('.name >> nth=3').getByText('A').waitFor();
    const late = await visit('?speakers=color');
    await sees(late, 'Four.');

    expect(new Set([a, b, unknown]).size).toBe(3);
    expect(again).toBe(a);
    expect(await colours(page)).toEqual([a, b, b, a]);
    expect(await colours(late)).toEqual([a, b, b, a]);
    expect((await late.locator('.name').allTextContents()).join('')).toBe('');
  });

  it('shows when it is not live, reconnects by itself, and continues with the next run', async () => {
    await serve();
    const { port } = new URL(server.url);
    const page = await visit();
    const quiet = await visit('?status=off');
    const state = page.locator('#badge');
    event$.next(final(5, 'Before.'));
    await sees(page, 'Before.');
    expect(await state.textContent()).toBe('');
    event$.next(lost);
    await sees(page, 'reconnecting…');
    await picture(page, 'reconnecting');
    event$.next(begin);
    await state.getByText('reconnecting…').waitFor({ state: 'detached' });
    event$.complete();
    await sees(page, 'ended');
    const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'));
    await server.close();
    await failed;
    expect([await state.textContent(), await lines(page)]).toEqual(['ended', ['Before.']]); // an ended server is expected to disappear
    await serve(Number(port));
    event$.next(final(0, 'After.'));
    event$.next(final(5, 'And that.'));
    await sees(page, 'And that.');

    expect(await lines(page)).toEqual(['After.', 'And that.']);
    expect(await state.textContent()).toBe('');
    expect(await quiet.locator('#badge').textContent()).toBe('');
  });

  it('shows that it is disconnected and reconnects, after a refusal and after silence', async () => {
    await serve();
    event$.next(final(0, 'Before.'));
    const page = await visit();
    await page.clock.install();
    await page.route('**/events*', (route) => route.fulfill({ status: 503 }), { times: 1 });
    await page.reload();
    await sees(page, 'reconnecting…');
    await page.clock.fastForward(3000);
    await sees(page, 'Before.');
    expect(await page.locator('#badge').textContent()).toBe('');

    const again = page.waitForRequest((request) => request.url().includes('/events?since='));
    await page.clock.fastForward(31_000);
    expect((await again).url()).toMatch(/since=[\w-]+\.\d+$/);
    expect(await lines(page)).toEqual(['Before.']);
  });

  it('shows markup as text, without violating its content security policy', async () => {
    await serve();
    const text = '<img src=x onerror="document.title=1"><script>document.title = 1</script>&lt;b&gt;';
    const page = await visit();
    event$.next(final(0, text, '<i>A</i>'));
    event$.next(partialTurn(1, text));
    await page.locator('#partial').getByText(text).waitFor();

    expect(await lines(page)).toEqual([text, text]);
    expect(await page.locator('#track').evaluate((track) => track.querySelectorAll('img, script, i, b').length)).toBe(
      0,
    );
    expect(await page.title()).toBe('Live captions');
  });

  it('announces each new final to screen readers once, and none that came before', async () => {
    await serve();
    event$.next(final(0, 'Before.'));
    const page = await visit();
    await sees(page, 'Before.');
    const log = page.locator('#finals');
    await page.locator('#finals[aria-live=polite]').waitFor();

    expect(await log.getAttribute('role')).toBe('log');
    expect(await page.locator('#partial').getAttribute('aria-hidden')).toBe('true');
    await log.evaluate((node) => {
      new MutationObserver(() => (document.title = String(node.getAttribute('aria-live')))).observe(node, {
        childList: true,
      });
    });
    event$.next(final(1, 'After.'));
    await sees(page, 'After.');
    expect(await page.title()).toBe('polite');
  });

  it('writes right-to-left text from right to left, with the name at its start', async () => {
    await serve();
    const page = await visit();
    event$.next(final(0, 'Good evening.', 'A'));
    event$.next(final(1, 'مساء الخير، أهلا وسهلا بكم.', 'B'));
    event$.next(final(2, 'ערב טוב לכולם.', 'A'));
    event$.next(final(3, '字幕は自動的に表示されます。', 'B'));
    event$.next(partialTurn(4, 'a'.repeat(200)));
    await sees(page, 'a'.repeat(200));
    await picture(page, 'right to left');
    const boxes = (selector: string): Promise<{ x: number; width: number }[]> =>
      page
        .locator(selector)
        .evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect().toJSON() as DOMRect));
    const [texts, names] = [await boxes('.spoken'), await boxes('.name')];

    expect(names[0]!.x).toBeLessThan(texts[0]!.x);
    for (const at of [1, 2]) expect(names[at]!.x).toBeGreaterThan(texts[at]!.x + texts[at]!.width);
    expect(names[3]!.x).toBeLessThan(texts[3]!.x);
    for (const { x, width } of texts) expect([x >= 0, x + width <= 1280]).toEqual([true, true]); // also very long words
    const forced = await visit('?dir=rtl&lang=ar');
    await sees(forced, 'Good evening.');
    expect(await forced.locator('#track').getAttribute('lang')).toBe('ar');
    expect(
      await forced
        .locator('p')
        .first()
        .evaluate((node) => getComputedStyle(node).direction),
    ).toBe('rtl');
  });

  it('is transparent for OBS, with the chosen number of lines and a box behind the text', async () => {
    await serve();
    const page = await visit('?background=transparent&lines=2&size=5', { viewport: { width: 1920, height: 1080 } });
    for (const [order, text] of ['One.', 'Two.', 'Three.'].entries()) event$.next(final(order, text));
    await sees(page, 'Three.');
    const png = await picture(page, 'for OBS');
    const { x = 0, y = 0, height = 0 } = (await page.locator('#viewport').boundingBox()) ?? {};
    const box = (await page.getByText('Three.').boundingBox())!;
    const shown = await Promise.all(
      ['One.', 'Two.', 'Three.'].map(async (text) => (await page.getByText(text).boundingBox())!.y >= y - 1),
    );

    expect(
      await alphaAt(browser, png, [
        [5, 5],
        [960, 400],
        [x + 1, y - 2],
        [box.x + 4, box.y + 8],
      ]),
    ).toEqual([0, 0, 0, 204]);
    expect(shown).toEqual([false, true, true]);
    expect(height).toBeCloseTo(2 * 1.4 * 0.05 * 1080, 0);
  });

  it('keeps finals and partials within any screen', async () => {
    await serve();
    const page = await visit();
    for (let order = 0; order < 12; order += 1) {
      const text = `Turn ${order} is long enough to need a second line on most of the screens there are.`;
      event$.next(final(order, text, 'AB'[order % 2]));
    }
    event$.next(partialTurn(12, 'This is still a partial'));
    const bright = 'background=ffffff&size=5';
    const top = 'position=top&align=center&uppercase=on&lines=3';
    for (const [name, query, width, height] of [
      ['stage screen', '', 1920, 1080],
      ['phone', '', 390, 844],
      ['bright room', bright, 1280, 720],
      ['top, centred, capitals', top, 1280, 720],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.goto(`${server.url}?${query}`);
      await sees(page, 'This is still a partial');
      await picture(page, name);
      const last = (await page.locator('#partial .spoken').boundingBox())!;
      const { scrollWidth, scrollHeight } = await page.evaluate(() => {
        const { documentElement: root } = document;
        return { scrollWidth: root.scrollWidth, scrollHeight: root.scrollHeight };
      });

      expect(last.y + last.height).toBeLessThanOrEqual(height);
      expect({ scrollWidth, scrollHeight }).toEqual({ scrollWidth: width, scrollHeight: height });
    }
  });

  it('scrolls smoothly, except with reduced motion', async () => {
    await serve();
    const [calm, moving] = [await visit(), await visit('', { reducedMotion: 'no-preference' })];
    const watchScrolling = (page: Page): Promise<boolean> =>
      page.evaluate(() => {
        const track = document.querySelector('#track')!;
        const animate = track.animate.bind(track);
        track.animate = (...args) => {
          document.title = 'scrolled';
          return animate(...args);
        };
        return true;
      });
    await Promise.all([watchScrolling(calm), watchScrolling(moving)]);
    event$.next(final(0, 'One.'));
    await Promise.all([calm, moving].map((page) => sees(page, 'One.')));
    event$.next(final(1, 'Two.'));
    await Promise.all([calm, moving].map((page) => sees(page, 'Two.')));

    expect([await calm.title(), await moving.title()]).toEqual(['Live captions', 'scrolled']);
  });

  it('has a setup page with a preview and the URL of the chosen style', async () => {
    await serve();
    const page = await visit('setup', { permissions: ['clipboard-read', 'clipboard-write'] });
    const preview = page.frameLocator('#preview');
    const root = preview.locator('html');
    await preview.locator('.spoken').first().waitFor();
    await picture(page, 'setup');
    expect(await page.locator('#address').inputValue()).toBe(server.url);

    await page.getByRole('button', { name: 'OBS overlay' }).click();
    await page.getByLabel('Alignment').selectOption('center');
    await preview.locator('html[data-align=center]').waitFor();
    await picture(page, 'setup for OBS');
    await page.getByRole('button', { name: 'Copy' }).click();
    await sees(page, 'Copied');
    const address = await page.evaluate(() => navigator.clipboard.readText());
    expect(address).toBe(`${server.url}?size=5&lines=2&background=transparent&align=center`);
    expect(await root.evaluate((node) => getComputedStyle(node).getPropertyValue('--background'))).toBe('transparent');
    expect(await page.locator('#contrast').textContent()).toMatch(/^Contrast \d+\.\d : 1, readable/);

    await page.locator('[name=boxKind]').selectOption('none');
    await page.getByText(/hard to read: WCAG AA requires 4.5 : 1/).waitFor();
    await page.goto(address);
    event$.next(final(0, 'Hello.'));
    await sees(page, 'Hello.');
    expect(await page.locator('html').getAttribute('data-align')).toBe('center');
  });

  it('previews live captions, and accepts a style only from its own pages', async () => {
    await serve();
    const page = await visit('setup');
    event$.next(final(0, 'Live text.'));
    await page.getByLabel('live captions').check();
    await page.frameLocator('#preview').getByText('Live text.').waitFor();
    const alone = await visit();
    await sees(alone, 'Live text.');
    await alone.evaluate(
      () =>
        new Promise((resolve) => {
          window.addEventListener('message', resolve);
          // as a page of a different origin would
          window.dispatchEvent(
            new MessageEvent('message', { data: 'size=50', origin: 'http://evil.example', source: window }),
          );
        }),
    );

    expect(await alone.locator('html').evaluate((node) => node.style.getPropertyValue('--size'))).toBe('6');
  });
});

/** Returns the opacity of a picture at some points, 0 to 255. */
async function alphaAt(
  browser: Browser,
  png: Buffer,
  points: readonly (readonly [number, number])[],
): Promise<number[]> {
  const page = await browser.newPage();
  const alphas = await page.evaluate(
    async ([data, at]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      canvas.drawImage(image, 0, 0);
      return at.map(([x, y]) => canvas.getImageData(Math.round(x), Math.round(y), 1, 1).data[3]!);
    },
    [png.toString('base64'), points] as const,
  );
  await page.close();
  return alphas;
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Subject } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
// the built package, because browsers are served compiled files
import { captionsServer } from '../../../dist/src/page/index.js';
import type { CaptionsServer, CaptionsServerOptions } from '../../../dist/src/page/index.js';
import { startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
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

  async function serve(port = 0, options: CaptionsServerOptions = {}): Promise<void> {
    event$ = new Subject();
    server = await captionsServer(event$, { port, ...options });
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
    event$.next({ type: 'Suspended', atMs: 90_000, session: 0 });
    await sees(page, 'waiting for speech');
    event$.next({ type: 'Resumed', atMs: 98_000, session: 0 });
    event$.next({ ...begin, session: 1 });
    await state.getByText('waiting for speech').waitFor({ state: 'detached' });
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
    expect(address).toBe(`${server.url}?size=5&lines=2&background=transparent&align=center&clear=10`);
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

  it('shows each state of its own: connecting, live without speech, paused and interrupted', async () => {
    const [other$, paused$] = [new Subject<TranscriptionEvent>(), new Subject<boolean>()];
    server = await captionsServer(other$, { port: 0, paused: paused$ });
    const page = await visit();
    const badge = page.locator('#badge');
    await sees(page, 'connecting…');
    await picture(page, 'connecting');
    other$.next(begin);
    await sees(page, 'live, waiting for speech');
    await picture(page, 'waiting for speech');
    other$.next(partialTurn(0, 'Hel'));
    await sees(page, 'Hel');
    expect(await badge.textContent()).toBe('');
    paused$.next(true);
    await sees(page, 'paused');
    await picture(page, 'paused');
    paused$.next(false);
    await badge.getByText('paused').waitFor({ state: 'detached' });
    other$.error(new Error('a secret reason'));
    await sees(page, 'interrupted');
    await picture(page, 'interrupted');
    const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'));
    await server.close();
    await failed;

    expect(await badge.textContent()).toBe('interrupted');
    expect(await page.content()).not.toContain('secret reason');
    expect(await page.locator('h1').textContent()).toBe('Live captions');
  });

  it('draws a box per line, as wide as its text', async () => {
    await serve();
    const page = await visit('?background=8899aa&box=000000&lines=4');
    const text = 'This turn is so long that it needs more than one line of the screen.';
    event$.next(final(0, text));
    await sees(page, text);
    const boxes = await page
      .locator('.spoken')
      .evaluate((node) => [...node.getClientRects()].map((rect) => rect.toJSON() as DOMRect));
    const [first, last] = [boxes[0]!, boxes.at(-1)!];
    const png = await picture(page, 'boxed');
    const right = first.x + first.width;

    expect(boxes.length).toBeGreaterThan(1);
    expect(last.width).toBeLessThan(first.width / 2);
    expect(right).toBeLessThanOrEqual(1280 - 0.05 * 720 + 1);
    // black behind the words, and the background beside the shorter line
    expect(
      await coloursAt(browser, png, [
        [last.x + 4, last.y + 8],
        [last.x + last.width + 30, last.y + 8],
        [right - 4, first.y + 8],
        [right + 4, first.y + 8],
      ]),
    ).toEqual(['000000', '8899aa', '000000', '8899aa']);
  });

  it.each(['start', 'center', 'end'])(
    'keeps a name at the first visible line of its text, aligned at the %s',
    async (align) => {
      await serve();
      const page = await visit(`?align=${align}&lines=2`);
      const text = `${'Many words of one turn, far too many for two lines. '.repeat(4)}Yes.`;
      event$.next(final(0, 'Before.', 'B'));
      event$.next(final(1, text, 'A'));
      await sees(page, text);
      await picture(page, `name ${align}`);
      const viewport = (await page.locator('#viewport').boundingBox())!;
      const name = (await page.locator('.name:visible').boundingBox())!;
      const rects = await page
        .getByText(text)
        .evaluate((node) => [...node.getClientRects()].map((rect) => rect.toJSON() as DOMRect));
      const line = rects.find(({ y }) => y >= viewport.y - 1)!;

      expect(await page.locator('.name:visible').allTextContents()).toEqual(['A']);
      expect(Math.abs(name.y + name.height / 2 - (line.y + line.height / 2))).toBeLessThan(2);
      expect(line.x - (name.x + name.width)).toBeGreaterThan(0);
      expect(line.x - (name.x + name.width)).toBeLessThan(30);
      expect(name.x).toBeGreaterThanOrEqual(0);
    },
  );

  it('shows the name on the first visible line, too, when its turn began above', async () => {
    await serve();
    const page = await visit('?lines=2');
    for (const [order, text] of ['One.', 'Two.', 'Three.'].entries()) event$.next(final(order, text, 'A'));
    await sees(page, 'Three.');

    expect(await page.locator('p:has(.name:visible) .spoken').allTextContents()).toEqual(['Two.']);
  });

  it('has a gutter only if there are speakers, as wide as their names need and never wider', async () => {
    await serve(0, { speakerNames: { B: 'Bartholomew', C: 'x'.repeat(100) } });
    const page = await visit();
    const left = async (text: string): Promise<number> =>
      (await page.getByText(text, { exact: true }).boundingBox())!.x;
    event$.next(final(0, 'Unknown.'));
    await sees(page, 'Unknown.');
    const without = await left('Unknown.');
    event$.next(final(1, 'Anna.', 'A'));
    await sees(page, 'Anna.');
    const withNames = await left('Anna.');
    event$.next(final(2, 'Ben.', 'B'));
    await sees(page, 'Ben.');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'long names on a phone');

    expect(without).toBeCloseTo(0.05 * 720, 0);
    expect(withNames).toBeGreaterThan(without + 50);
    expect(await left('Ben.')).toBeLessThan(390 * 0.26);
    expect(await page.locator('.name:visible').allTextContents()).toEqual(['A', 'Bartholomew']);
  });

  it('reserves the gutter before the first name if speakers are expected', async () => {
    await serve();
    event$.next({ ...begin, configuration: { speaker_labels: true } });
    const page = await visit();
    event$.next(partialTurn(0, 'hello'));
    await sees(page, 'hello');
    const before = await page.getByText('hello').boundingBox();
    event$.next(final(0, 'hello', 'A'));
    await page.locator('.name:visible').getByText('A').waitFor();

    expect((await page.getByText('hello').boundingBox())!.x).toBe(before?.x);
  });

  it('marks the language of each turn', async () => {
    await serve();
    const page = await visit('?lang=en');
    event$.next({ ...final(0, 'Guten Abend.'), language_code: 'de' });
    event$.next(final(1, 'Hello.'));
    await sees(page, 'Hello.');

    expect(
      await page.locator('p').evaluateAll((nodes) => nodes.map((node) => node.closest<HTMLElement>('[lang]')?.lang)),
    ).toEqual(['de', 'en']);
  });

  it('clears the captions after silence, also for late viewers, and shows what follows', async () => {
    await serve();
    const page = await visit();
    await page.clock.install();
    await page.goto(`${server.url}?clear=20`);
    event$.next(final(0, 'Before.'));
    event$.next(partialTurn(1, 'half'));
    await sees(page, 'half');
    await page.clock.runFor(10_000);
    expect(await lines(page)).toEqual(['Before.', 'half']);
    await page.clock.runFor(12_000);
    expect(await lines(page)).toEqual([]);
    expect(await page.locator('#badge').textContent()).toBe('');
    event$.next(partialTurn(1, 'half of it'));
    await sees(page, 'half of it');
    event$.next(final(1, 'Half of it.'));
    await sees(page, 'Half of it.');
    expect(await lines(page)).toEqual(['Half of it.']);

    const late = await visit('?clear=0.001');
    await late.locator('#badge:empty').waitFor({ state: 'attached' }); // it has received the state
    expect(await lines(late)).toEqual([]);
  });

  it('lists bad parameters on the setup page', async () => {
    await serve();
    const page = await visit('setup?size=huge&colour=red&lang=%3Cimg%20src%3Dx%3E&lines=99&align=center');
    await picture(page, 'setup with bad parameters');

    expect(await page.locator('#problems li').allTextContents()).toEqual([
      'size=huge: must be 1 to 50; the default is used',
      expect.stringMatching(/^colour=red: unknown; the parameters are size, /),
      'lang=<img src=x>: must be a language tag such as pt-BR; the default is used',
      'lines=99: must be a whole number from 0 to 20; 20 is used',
    ]);
    expect(await page.locator('#address').inputValue()).toBe(`${server.url}?lines=20&align=center`);
    await page.goto(`${server.url}setup?size=8`);
    expect(await page.locator('#problems').isVisible()).toBe(false);
  });

  it('shows an overlay over a pattern, a picture, white or black', async () => {
    await serve();
    const page = await visit('setup', { viewport: { width: 1600, height: 1000 } });
    expect(await page.locator('#backdrops').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'OBS overlay' }).click();
    const backgrounds: string[] = [];
    for (const name of ['pattern', 'picture', 'white', 'black']) {
      await page.getByLabel(name, { exact: true }).check();
      await picture(page, `setup, ${name}`);
      backgrounds.push(await page.locator('#stage').evaluate((node) => getComputedStyle(node).background));
    }

    expect(backgrounds[0]).toContain('conic-gradient');
    expect(backgrounds[1]).toContain('scene.svg');
    expect(backgrounds.slice(2)).toEqual([
      expect.stringContaining('rgb(255, 255, 255)'),
      expect.stringContaining('rgb(0, 0, 0)'),
    ]);
  });

  it('can be embedded by the pages of given origins only', async () => {
    const [friend, stranger] = await Promise.all([embedder(), embedder()]);
    await serve(0, { embedIn: [friend.origin] });
    event$.next(final(0, 'Hello.'));
    const page = await browser.newPage();
    await page.goto(`${friend.origin}/?${server.url}`);
    await page.frameLocator('iframe').getByText('Hello.').waitFor();
    await page.goto(`${stranger.origin}/?${server.url}`);
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.reload();
    await refused;
    expect(await page.frameLocator('iframe').getByText('Hello.').count()).toBe(0);
    await Promise.all([friend.close(), stranger.close()]);
  });

  it('shows names that the operator sets, to every viewer and in the transcript', async () => {
    await serve();
    event$.next(final(0, 'Hello.', 'A'));
    event$.next(final(1, 'Good evening.', '<b>'));
    const [page, transcript] = [await visit(), await visit('?view=transcript')];
    const operator = await browser.newPage({ viewport: { width: 1600, height: 1300 } });
    await operator.goto(server.operatorUrl);
    await operator.getByLabel('A', { exact: true }).fill('  Anna <script>  ');
    await operator.getByLabel('A', { exact: true }).press('Enter');
    await operator.getByText('Saved for all viewers').waitFor();
    await picture(operator, 'operator');
    await page.locator('.name').getByText('Anna <script>').waitFor();
    await transcript.locator('.name').getByText('Anna <script>').waitFor();
    await operator.reload();
    await operator.waitForFunction(() => document.querySelector<HTMLInputElement>('#speakerNames input')?.value !== '');

    expect(await operator.getByLabel('A', { exact: true }).inputValue()).toBe('Anna <script>');
    expect(new URL(operator.url()).hash).toBe(new URL(server.operatorUrl).hash);
    expect(await page.locator('.name:visible').allTextContents()).toEqual(['Anna <script>', '<b>']);
    expect(await operator.locator('#address').inputValue()).toBe(server.url);
    const viewer = await visit('setup');
    expect(await viewer.locator('#naming').isVisible()).toBe(false);
    await operator.goto(`${server.setupUrl}#operator=wrong`);
    await operator.reload();
    await operator.getByLabel('A', { exact: true }).fill('Mallory');
    await operator.getByLabel('A', { exact: true }).press('Enter');
    await operator.getByText('Not saved: this link is of an earlier run; open the new one').waitFor();
  });

  describe('the transcript', () => {
    const talk = (from: number, to: number): void => {
      for (let order = from; order < to; order += 1) {
        const text =
          order % 10 === 3 ? `Turn ${order} has a (needle).` : `Turn ${order} is one line of the transcript.`;
        event$.next(final(order, text, 'AB'[order % 2]));
      }
    };
    const isAtEnd = (page: Page): Promise<boolean> =>
      page.locator('#scroller').evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 2);

    it('has all turns, follows the newest one, and stays where the reader scrolled to', async () => {
      await serve();
      talk(0, 600);
      event$.next(partialTurn(600, 'And this is'));
      const page = await visit('?view=transcript');
      await sees(page, 'And this is');
      await page.waitForFunction(() => document.querySelectorAll('article').length === 600);
      expect(await isAtEnd(page)).toBe(true);
      await page.locator('#scroller').evaluate((node) => node.scrollTo(0, 1000));
      await page.locator('#newest').waitFor();
      event$.next(final(600, 'And this is it.'));
      await page.getByRole('button', { name: 'Newest (1 new)' }).waitFor();
      expect(await page.locator('#scroller').evaluate((node) => node.scrollTop)).toBe(1000);
      await page.getByRole('button', { name: 'Newest (1 new)' }).click();
      expect(await isAtEnd(page)).toBe(true);
      expect(await page.locator('#newest').isVisible()).toBe(false);
      event$.next(final(601, 'The last.'));
      await sees(page, 'The last.');
      expect(await isAtEnd(page)).toBe(true);

      event$.next(speakerRevision(['C', final(0, '')]));
      await page.locator('article .name >> nth=0').getByText('C').waitFor();
      const late = await visit('?view=transcript');
      await late.waitForFunction(() => document.querySelectorAll('article').length === 602);
      const orders = await late.locator('article').evaluateAll((nodes) => nodes.map(({ dataset }) => dataset['order']));
      expect(orders).toEqual(Array.from({ length: 602 }, (_, order) => String(order)));
    });

    it('searches, copies and downloads', async () => {
      await serve(0, { speakerNames: { A: 'Anna' } });
      talk(0, 30);
      const page = await visit('?view=transcript', { permissions: ['clipboard-read', 'clipboard-write'] });
      await sees(page, 'Turn 29 is one line of the transcript.');
      await page.getByLabel('Search').fill('A (NEEDLE');
      expect(await page.locator('#count').textContent()).toBe('3 of 30');
      expect(await page.locator('mark').allTextContents()).toEqual(['a (needle', 'a (needle', 'a (needle']);
      talk(30, 34);
      await page.locator('#count').getByText('4 of 34').waitFor();
      await picture(page, 'transcript, searched');
      await page.getByRole('button', { name: 'Copy' }).click();
      await sees(page, 'Copied');
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
        [3, 13, 23, 33].map((order) => `B: Turn ${order} has a (needle).`).join('\n'),
      );
      await page.getByLabel('Search').fill('');
      expect(await page.locator('article:visible').count()).toBe(34);
      expect(await page.locator('mark').count()).toBe(0);
      await page.getByText('Download').click();
      const files: string[] = [];
      for (const name of ['Text', 'SRT', 'WebVTT', 'Markdown']) {
        const download = page.waitForEvent('download');
        await page.getByRole('link', { name }).click();
        files.push((await download).suggestedFilename());
        await page.locator('#downloads:not([open]) summary').click();
      }
      expect(files).toEqual(['transcript.txt', 'transcript.srt', 'transcript.vtt', 'transcript.md']);
    });

    it.each([
      ['phone', 390, 844, 'light'],
      ['phone, dark', 390, 844, 'dark'],
      ['screen', 1920, 1080, 'light'],
      ['screen, dark', 1920, 1080, 'dark'],
    ] as const)('fits a %s and follows the newest text', async (name, width, height, colorScheme) => {
      await serve();
      talk(0, 60);
      const page = await visit('?view=transcript', { viewport: { width, height }, colorScheme });
      await sees(page, 'Turn 59 is one line of the transcript.');
      await picture(page, `transcript, ${name}`);

      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await isAtEnd(page)).toBe(true);
    });

    it('shows its status and odd text as text', async () => {
      await serve();
      const page = await visit('?view=transcript&size=%00&lang=<b>');
      await sees(page, 'live, waiting for speech');
      const odd = [
        '<img src=x onerror="document.title=1">',
        'a'.repeat(3000),
        'مساء الخير <b>',
        '👩‍👩‍👧‍👦🇨🇭',
        '\u202eevil\u202c',
        '$& \\ [',
      ];
      for (const [order, text] of odd.entries()) event$.next(final(order, text, `<i>${order}`));
      await sees(page, '$& \\ [');
      for (const text of ['<img', '[', '\\', '$&', '👩', 'ß'.repeat(500), '\u0000'])
        await page.getByLabel('Search').fill(text);
      await page.getByLabel('Search').fill('');
      event$.error(new Error('x'));
      await sees(page, 'interrupted');
      await picture(page, 'transcript, odd');

      expect(await page.title()).toBe('Live transcript');
      expect(await page.locator('#turns img, #turns b, #turns i').count()).toBe(0);
      expect(await page.locator('article >> nth=2').locator('.spoken').textContent()).toBe('مساء الخير <b>');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    });
  });
});

/** A page of a different origin that frames the page in its query. */
function embedder(): Promise<Site> {
  const html = `<!doctype html><title>x</title><iframe></iframe>
    <script>document.querySelector('iframe').src = location.search.slice(1)</script>`;
  return startSite({ '/': html });
}

/** Returns the colours of a picture at some points, as `rrggbb`. */
async function coloursAt(
  browser: Browser,
  png: Buffer,
  points: readonly (readonly [number, number])[],
): Promise<string[]> {
  const pixels = await pixelsAt(browser, png, points);
  return pixels.map((pixel) =>
    pixel
      .slice(0, 3)
      .map((value) => value.toString(16).padStart(2, '0'))
      .join(''),
  );
}

/** Returns the opacity of a picture at some points, 0 to 255. */
async function alphaAt(
  browser: Browser,
  png: Buffer,
  points: readonly (readonly [number, number])[],
): Promise<number[]> {
  return (await pixelsAt(browser, png, points)).map((pixel) => pixel[3]!);
}

/** Returns red, green, blue and opacity of a picture at some points, 0 to 255. */
async function pixelsAt(
  browser: Browser,
  png: Buffer,
  points: readonly (readonly [number, number])[],
): Promise<number[][]> {
  const page = await browser.newPage();
  const pixels = await page.evaluate(
    async ([data, at]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      canvas.drawImage(image, 0, 0);
      return at.map(([x, y]) => [...canvas.getImageData(Math.round(x), Math.round(y), 1, 1).data]);
    },
    [png.toString('base64'), points] as const,
  );
  await page.close();
  return pixels;
}

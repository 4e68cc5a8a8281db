import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { PAGE, bundle, startBrowser, startSite, withoutBrowser } from '../support/browser.ts';
import type { Site } from '../support/browser.ts';
import { final, partial } from '../support/turns.ts';
import { ROOT } from '../support/userProject.ts';

/** Mounts each component as an app would, with events of the test; `window.unmount` unmounts it. */
const PROGRAM = `
import '@angular/compiler';
import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { NEVER, Observable, Subject } from 'rxjs';
import { createApp } from 'vue';
import { Captions as AngularAsync } from '/examples/frameworks/angular-async.ts';
import { OPEN } from '/examples/frameworks/angular-open.ts';
import { Captions as AngularSignals } from '/examples/frameworks/angular-signals.ts';
import { open as openMicrophone } from '/examples/frameworks/open.ts';
import { Captions as React } from '/examples/frameworks/react.tsx';
import { Captions as Vue } from '/examples/frameworks/vue.ts';

const open = (stop) => new Observable((subscriber) => {
  window.seen.opened++;
  window.event$ = new Subject();
  subscriber.add(window.event$.subscribe(subscriber));
  subscriber.add(stop.subscribe(() => window.seen.stopped++));
  subscriber.add(() => window.seen.closed++);
});
const angular = (component) => async (host) => {
  host.append(document.createElement('app-captions'));
  const providers = [provideZonelessChangeDetection(), { provide: OPEN, useValue: open }];
  const app = await bootstrapApplication(component, { providers });
  return () => app.destroy();
};
const mounts = {
  react: (host) => {
    const root = createRoot(host);
    root.render(createElement(React, { open }));
    return () => root.unmount();
  },
  vue: (host) => {
    const app = createApp(Vue, { open });
    app.mount(host);
    return () => app.unmount();
  },
  'angular with signals': angular(AngularSignals),
  'angular with the async pipe': angular(AngularAsync),
};
window.mount = async (name) => {
  window.seen = { opened: 0, closed: 0, stopped: 0 };
  const host = document.createElement('main');
  document.body.replaceChildren(host);
  window.unmount = await mounts[name](host);
};
window.microphoneFails = () => new Promise((resolve) => {
  openMicrophone(NEVER).subscribe({ error: ({ kind, message }) => resolve({ kind, message }) });
});
`;

/** The flags that Vue expects from a bundler; it warns without them. */
const VUE = ['__VUE_OPTIONS_API__', '__VUE_PROD_DEVTOOLS__', '__VUE_PROD_HYDRATION_MISMATCH_DETAILS__'];
const HTML = PAGE.replace(
  '<script',
  `<script>${VUE.map((flag) => `window.${flag} = false;`).join('')}</script><script`,
);

const FRAMEWORKS = ['react', 'vue', 'angular with signals', 'angular with the async pipe'];

it('examples/frameworks compiles in a strict project', async () => {
  const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'examples/frameworks', '--pretty', 'false'];
  const compiled = promisify(execFile)(process.execPath, tsc, { cwd: ROOT }).catch(
    (error: { stdout: string }) => error,
  );
  expect((await compiled).stdout).toBe('');
});

it('examples/frameworks contains the excerpts in the documents', async () => {
  const [readme = '', ...files] = await Promise.all(
    ['docs/frameworks.md', 'react.tsx', 'vue.ts', 'angular-signals.ts'].map((name, index) =>
      readFile(join(ROOT, index === 0 ? '' : 'examples/frameworks', name), 'utf8'),
    ),
  );
  const lines = (text: string): string => text.replaceAll(/^ +/gm, ''); // the indentation may differ
  const shown = [...readme.matchAll(/^```(?:tsx|ts excerpt)\n(.*?)^```$/gms)].map(([, code = '']) => lines(code));
  expect(shown).toHaveLength(3);
  expect(shown.filter((code) => !files.some((file) => lines(file).includes(code)))).toEqual([]);
});

const why = await withoutBrowser();
if (why !== undefined) console.warn(`skipped: components in a browser; ${why}`);
const where = why === undefined ? describe : describe.skip;

where('examples/frameworks', () => {
  let browser: Browser;
  let site: Site;
  let page: Page;
  const failures: string[] = [];

  beforeAll(async () => {
    const [started, code] = await Promise.all([startBrowser({ allowed: true }), bundle(PROGRAM)]);
    browser = started;
    site = await startSite({ '/': HTML, '/main.js': code, '/favicon.ico': '' }, (_request, response) => {
      response.writeHead(403).end('{"error":"sign in first"}');
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) failures.push(message.text());
    });
    await page.goto(site.origin);
    await page.waitForFunction('window.mount');
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), site?.close()]);
  });

  it('open.ts opens the microphone with a token of the server', async () => {
    expect(await page.evaluate('window.microphoneFails()')).toEqual({
      kind: 'unauthorized',
      message: 'the token server answered HTTP 403: sign in first',
    });
  });

  describe.each(FRAMEWORKS)('%s', (framework) => {
    beforeEach(async () => {
      failures.length = 0;
      await page.evaluate(`window.mount(${JSON.stringify(framework)})`);
    });

    afterEach(async () => {
      await page.evaluate('window.unmount?.()');
      expect(failures).toEqual([]);
    });

    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const emit = async (...events: readonly Partial<TranscriptionEvent>[]): Promise<void> => {
      await page.evaluate(`${JSON.stringify(events)}.forEach((event) => window.event$.next(event))`);
    };
    const seen = (): Promise<unknown> => page.evaluate('window.seen');
    /** Waits until the page shows these lines: a partial starts with an ellipsis, an error with an exclamation mark. */
    const shows = async (...lines: readonly string[]): Promise<void> => {
      const text = `[...document.querySelectorAll('button, p')].map((each) =>
        (each.className === 'partial' ? '… ' : each.role === 'alert' ? '! ' : '') + each.textContent)`;
      await page
        .waitForFunction(`JSON.stringify(${text}) === ${JSON.stringify(JSON.stringify(lines))}`)
        .catch(async () => expect(await page.evaluate(text)).toEqual(lines));
    };

    it('shows a partial that grows and becomes final, and subscribes only on start', async () => {
      await shows('Start');
      expect(await seen()).toEqual({ opened: 0, closed: 0, stopped: 0 });
      await press('Start');
      await shows('Stop');
      expect(await seen()).toEqual({ opened: 1, closed: 0, stopped: 0 });
      await emit(turn(0, 'Welcome'));
      await shows('Stop', '… Welcome');
      await emit(turn(0, 'Welcome to'));
      await shows('Stop', '… Welcome to');
      await emit(turn(0, 'Welcome to rxscribe.', true));
      await shows('Stop', 'Welcome to rxscribe.');
      await page.evaluate('void (window.settled = document.querySelector("p"))');
      await emit(turn(1, 'Your'), { type: 'Heartbeat' });
      await shows('Stop', 'Welcome to rxscribe.', '… Your');
      await emit(turn(1, 'Your microphone.', true), turn(2, 'Yes'));
      await shows('Stop', 'Welcome to rxscribe.', 'Your microphone.', '… Yes');
      expect(await page.evaluate('window.settled === document.querySelector("p")')).toBe(true);
    });

    it('stops gracefully, with the last words, and starts again', async () => {
      await press('Start');
      await shows('Stop');
      await emit(turn(0, 'And'));
      await press('Stop');
      await shows('Stop', '… And');
      expect(await seen()).toEqual({ opened: 1, closed: 0, stopped: 1 });
      await emit(turn(0, 'And then?', true));
      await page.evaluate('window.event$.complete()');
      await shows('Start', 'And then?');
      expect(await seen()).toEqual({ opened: 1, closed: 1, stopped: 1 });
      await press('Start');
      await shows('Stop');
      await emit(turn(0, 'Again.', true));
      await shows('Stop', 'Again.');
      expect(await seen()).toEqual({ opened: 2, closed: 1, stopped: 1 });
    });

    it('shows the error, keeps the text, and can be started again', async () => {
      await press('Start');
      await shows('Stop');
      await emit(turn(0, 'Hello.', true));
      await page.evaluate('window.event$.error(new Error("the key was refused"))');
      await shows('Start', 'Hello.', '! the key was refused');
      await press('Start');
      await shows('Stop');
      expect(await seen()).toEqual({ opened: 2, closed: 1, stopped: 0 });
    });

    it('unsubscribes when it is unmounted', async () => {
      await press('Start');
      await shows('Stop');
      await emit(turn(0, 'Hel'));
      await page.evaluate('window.unmount(window.unmount = undefined)');
      await page.waitForFunction('window.seen.closed > 0');
      expect(await seen()).toEqual({ opened: 1, closed: 1, stopped: 0 });
      await emit(turn(0, 'Hello.', true));
      await shows();
    });
  });
});

function turn(order: number, text: string, isFinal = false): Partial<TranscriptionEvent> {
  return { ...(isFinal ? final(order, text) : partial(order, text)), isFinal, session: 0 };
}

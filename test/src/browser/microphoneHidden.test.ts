import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, CDPSession } from 'playwright-core';
import { STANDSTILL, bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';

/**
 * Records and reports it. Once hidden, it records for 3 s, loses its device, and opens it again after 2 s of silence. When
 * the device was back for 2 s, it reports what happened while it was hidden. Standstills of the machine are left out.
 */
const PROGRAM = `
  import { microphone } from 'rxscribe';
  let context;
  globalThis.AudioContext = class extends AudioContext {
    constructor() { super(); context = this; }
  };
  let onSilence;
  const silence = new Promise((resolve) => onSilence = resolve);
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (lostAt) await silence;
    return getUserMedia(constraints);
  };
  // the time that the recording read last
  const readClock = performance.now.bind(performance);
  let now = 0;
  performance.now = () => (now = readClock());
  const post = (body) => fetch('/report', { method: 'POST', body: JSON.stringify(body) });
  const seen = { log: [], ticks: 0, chunks: 0, longest: 0, drift: 0 };
  let [ms, behind, ahead, began, hidden, lost, lostAt, backAt, stoodStill] = [0, 0, 0];
  addEventListener('visibilitychange', () => { hidden = ms; seen.ticks = seen.chunks = 0; });
  setInterval(() => seen.ticks += 1, 20);
  const source$ = microphone({
    onOpen: () => {
      // the missing silence is filled in synchronously
      if (stoodStill) return queueMicrotask(() => began = now - ms);
      seen.log.push('open');
      if (!lost) return post('recording');
      backAt = ms;
      queueMicrotask(() => seen.drift += behind);
    },
    onLost: ({ cause, message }) => {
      stoodStill = ${STANDSTILL}.test(message);
      if (stoodStill) return;
      seen.log.push('lost ' + cause.name);
      seen.drift = -behind - ahead;
      lostAt = ms;
    },
  });
  const recording = source$.subscribe({
    next: (chunk) => {
      ms += chunk.length / 32;
      began ??= now - ms;
      seen.chunks += 1;
      seen.longest = Math.max(seen.longest, chunk.length / 32);
      if (ms > lostAt + 2000) onSilence();
      behind = now - began - ms;
      // audio buffered while the device opened arrives at once and shortens the first absence
      if (ms <= 1000) ahead = Math.max(ahead, -behind);
      if (!lost && ms > hidden + 3000) {
        lost = true;
        context.suspend();
      }
      if (ms > backAt + 2000) {
        recording.unsubscribe();
        post({ ...seen, visibility: document.visibilityState });
      }
    },
    error: ({ message }) => post(message),
  });
`;

const skipped = await withoutBrowser();
if (skipped) process.stderr.write(`skipping the microphone in a hidden page: ${skipped}\n`);
const describeInBrowser = skipped ? describe.skip : describe;

describeInBrowser('microphone, in a page that is hidden', () => {
  let site: Site;
  let browser: Browser;
  let control: CDPSession;
  const reports: unknown[] = [];
  let notify = (): void => undefined;

  beforeAll(async () => {
    const program = await bundle(PROGRAM);
    const page = '<script type="module" src="/main.js"></script>';
    site = await startSite({ '/': page, '/main.js': program }, (request, response) => {
      if (request.url === '/report') {
        void json(request).then((what) => {
          reports.push(what);
          notify();
        });
      }
      response.end();
    });
    browser = await startBrowser({ allowed: true });
    control = await browser.newBrowserCDPSession();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** The next report of the page. */
  const next = async (): Promise<unknown> => {
    if (reports.length === 0) {
      await new Promise<void>((resolve) => {
        notify = resolve;
      });
    }
    return reports.shift();
  };

  it('records, and fills an absence with silence, although timers fire once a second', async () => {
    // a tab opened by the browser itself: those of the driver never count as hidden
    await control.send('Target.createTarget', { url: `${site.origin}/` });
    expect(await next()).toBe('recording');
    const { targetId } = await control.send('Target.createTarget', { url: 'about:blank' });
    await control.send('Target.activateTarget', { targetId });
    const seen = (await next()) as Record<'ticks' | 'chunks' | 'longest' | 'drift', number>;
    expect(seen).toMatchObject({ visibility: 'hidden', log: ['open', 'lost InvalidStateError', 'open'] });
    expect(seen.ticks).toBeLessThan(seen.chunks / 5);
    expect(seen.longest).toBeLessThanOrEqual(1000);
    // the device was away for two seconds or more
    expect(Math.abs(seen.drift)).toBeLessThan(20);
  });
});

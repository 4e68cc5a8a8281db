import { execFile } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext } from 'playwright-core';
import { ROOT } from './userProject.ts';

/** Where Debian's package puts the browser. */
const CHROMIUM = process.env['RXSCRIBE_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Timeout of the driver, in milliseconds: less than that of a test, so that its error is reported. */
const PATIENCE_MS = 300_000;

/** Options of `startBrowser`. */
export interface BrowserOptions {
  /** A WAV file that the fake microphone plays each time it is opened; `null` for no microphone. */
  readonly microphone?: string | null;
  /** Whether every page may use the microphone, without a prompt or a click. By default the prompt is never answered. */
  readonly allowed?: boolean;
  /** A free port for `tabsOf`. */
  readonly port?: number;
}

/** Matches, in a page, what the microphone reports when the machine stood still and not only the device. */
export const STANDSTILL = '/slept|delivered nothing/';

/** A name of loopback whose http pages are not secure, because browsers do not know it. */
export const INSECURE_HOST = 'insecure.test';

/** No background services, and no sandbox, because containers do not support it. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
];

/**
 * Returns why there is no browser, or `undefined` if there is one. In CI it always returns `undefined`, so that tests fail
 * there instead of being skipped.
 */
export async function withoutBrowser(): Promise<string | undefined> {
  if (process.env['CI'] === 'true') return undefined;
  const found = await readFile(CHROMIUM).then(
    () => true,
    () => false,
  );
  return found ? undefined : `there is no ${CHROMIUM}; install chromium, or set RXSCRIBE_TEST_CHROMIUM to its path`;
}

/**
 * Starts a real browser, with a new empty profile, that trusts the local service: by the hash of its authority's public
 * key, with every other check of certificates in force.
 */
export async function startBrowser({ microphone, allowed = false, port }: BrowserOptions = {}): Promise<Browser> {
  const ca = new X509Certificate(await readFile(join(process.env['RXSCRIBE_TEST_CA_DIR'] ?? '', 'ca.pem')));
  const spki = createHash('sha256')
    .update(ca.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: ['--disable-background-timer-throttling'], // hidden pages should have slow timers, as for users
    args: [
      ...ARGS,
      `--ignore-certificate-errors-spki-list=${spki}`,
      ...(microphone === null ? [] : ['--use-fake-device-for-media-stream']),
      ...(allowed ? ['--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'] : []),
      ...(typeof microphone !== 'string' ? [] : [`--use-file-for-fake-audio-capture=${microphone}%noloop`]),
      ...(port === undefined ? [] : [`--remote-debugging-port=${port}`]),
    ],
    ...(port !== undefined && { ignoreDefaultArgs: NEVER_HIDDEN }),
  });
  return browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
}

/** Arguments of the driver that keep all pages in the foreground. */
const NEVER_HIDDEN = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** The tabs of a browser started with `port`, as for users: one is in front, the others are hidden. */
export async function tabsOf(port: number): Promise<BrowserContext> {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
  const context = browser.contexts()[0]!;
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** A server of web pages on loopback, an origin that browsers treat as secure. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves files by their paths (`/main.js`), and everything else with a handler, if any. */
export async function startSite(files: Readonly<Record<string, string>>, other?: RequestListener): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = files[pathname];
    if (file !== undefined) {
      const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
      response.writeHead(200, { 'content-type': type }).end(file);
    } else if (other) other(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page that runs one module. */
export const PAGE =
  '<!doctype html><html lang="en"><title>test</title><body><script type="module" src="/main.js"></script>';

/**
 * Bundles a program for browsers as a user's bundler does: `rxscribe` is found by its name, and by its `browser` condition.
 * In a process of its own: the bundler does not load in the module system of the tests.
 *
 * @param program A module, as text; it may import packages by name.
 * @param external Packages that are not to be in it.
 * @returns The bundle, one module with the program's exports. Rejects with what the bundler has to say.
 */
export function bundle(program: string, ...external: readonly string[]): Promise<string> {
  const child = execFile(process.execPath, [join(ROOT, 'test/support/bundleForBrowser.js'), ...external], {
    maxBuffer: 2 ** 26,
  });
  child.stdin?.end(program);
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (text: string) => (output.stdout += text));
    child.stderr?.on('data', (text: string) => (output.stderr += text));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output.stdout) : reject(new Error(output.stderr))));
  });
}

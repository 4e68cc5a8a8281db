import { readFile } from 'node:fs/promises';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';

const MODULES = ['colours', 'eventStream', 'page', 'pageStyle', 'sample', 'screen', 'setup', 'viewState'];

/** All files, by the path they are served at. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '': ['page.html', HTML],
  setup: ['setup.html', HTML],
  'page.css': ['page.css', CSS],
  'setup.css': ['setup.css', CSS],
  'icon.svg': ['icon.svg', 'image/svg+xml'],
  ...Object.fromEntries(MODULES.map((name) => [`${name}.js`, [`${name}.js`, JS] as const])),
};

/** Reads the files of the page into memory: a dozen small ones. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const load = async ([path, [file, type]]: [string, readonly [string, string]]): Promise<[string, Asset]> => [
    path,
    { type, body: await readFile(new URL(`./client/${file}`, import.meta.url)) },
  ];
  return new Map(await Promise.all(Object.entries(FILES).map(load)));
}

import { readFile } from 'node:fs/promises';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** Under which name it is downloaded rather than shown. */
  readonly fileName?: string;
}

/** The key of the transcript view, which shares the path of the captions. */
export const TRANSCRIPT = '?view=transcript';

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SVG = 'image/svg+xml';
const JS = 'text/javascript; charset=utf-8';

const MODULES = [
  'colours',
  'dom',
  'eventStream',
  'namePlates',
  'page',
  'pageStyle',
  'sample',
  'screen',
  'setup',
  'speakerForm',
  'statusText',
  'styleProblems',
  'transcript',
  'viewState',
];

/** All files, by the path they are served at. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '': ['page.html', HTML],
  setup: ['setup.html', HTML],
  [TRANSCRIPT]: ['transcript.html', HTML],
  'page.css': ['page.css', CSS],
  'setup.css': ['setup.css', CSS],
  'transcript.css': ['transcript.css', CSS],
  'icon.svg': ['icon.svg', SVG],
  'scene.svg': ['scene.svg', SVG],
  ...Object.fromEntries(MODULES.map((name) => [`${name}.js`, [`${name}.js`, JS] as const])),
};

/** Reads the files of the page into memory: two dozen small ones. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const load = async ([path, [file, type]]: [string, readonly [string, string]]): Promise<[string, Asset]> => [
    path,
    { type, body: await readFile(new URL(`./client/${file}`, import.meta.url)) },
  ];
  return new Map(await Promise.all(Object.entries(FILES).map(load)));
}

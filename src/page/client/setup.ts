import { colourOf, cssColour } from './colours.ts';
import { DEFAULT_STYLE, MIN_CONTRAST, paletteOf, parseStyle, styleQuery } from './pageStyle.ts';
import type { PageStyle } from './pageStyle.ts';
import { openSpeakerForm } from './speakerForm.ts';
import { styleProblems } from './styleProblems.ts';

/** How long the page confirms that the URL was copied, in milliseconds. */
const COPIED_MS = 4000;

/** The fields whose value is the parameter; colours have a second field that chooses their kind. */
const VALUES = ['size', 'lines', 'speakers', 'position', 'align', 'dir', 'lang', 'font', 'clear'] as const;
const SWITCHES = ['uppercase', 'status'] as const;
const COLOURS = ['background', 'box', 'color'] as const;

const form = one('#style');
const preview = one('#preview') as HTMLIFrameElement;
const address = one('#address') as HTMLInputElement;

function field(name: string): HTMLInputElement | HTMLSelectElement {
  return one(`[name="${name}"]`) as HTMLInputElement | HTMLSelectElement;
}

/** Writes a style into the form. */
function fill(style: PageStyle): void {
  for (const name of VALUES) setValue(field(name), String(style[name]));
  for (const name of SWITCHES) (field(name) as HTMLInputElement).checked = style[name];
  const defaults = { background: DEFAULT_STYLE.background, box: '#000000', color: paletteOf(style).text };
  for (const name of COLOURS) {
    const colour = colourOf(style[name]);
    field(`${name}Kind`).value = colour ? 'color' : style[name];
    field(name).value = cssColour({ rgb: (colour ?? colourOf(defaults[name])!).rgb, alpha: 1 });
  }
}

/** Sets the value of a field; a select gets an option for a value that only the URL can have. */
function setValue(input: HTMLInputElement | HTMLSelectElement, value: string): void {
  input.value = value;
  if (!(input instanceof HTMLSelectElement) || input.value === value) return;
  input.append(new Option(value, value));
  input.value = value;
}

/** Reads the style from the form. */
function readForm(): PageStyle {
  const parameters = new URLSearchParams();
  for (const name of VALUES) parameters.set(name, field(name).value);
  for (const name of SWITCHES) parameters.set(name, (field(name) as HTMLInputElement).checked ? 'on' : 'off');
  for (const name of COLOURS) {
    const { value } = field(`${name}Kind`);
    parameters.set(name, value === 'color' ? field(name).value : value);
    field(name).hidden = value !== 'color';
  }
  return parseStyle(parameters);
}

/** Updates the preview, the URL and the contrast. */
function show(): void {
  const style = readForm();
  const query = styleQuery(style);
  preview.contentWindow?.postMessage(query, location.origin);
  const url = new URL('./', location.href);
  url.search = query;
  address.value = url.href;
  (one('#open') as HTMLAnchorElement).href = url.href;
  one('#sizeNow').textContent = `${style.size} % of the screen`;
  showContrast(style);
  showBackdrop(style);
  history.replaceState(undefined, '', `./setup${query && `?${query}`}${location.hash}`);
}

/** Shows something behind the preview if its background is not opaque. */
function showBackdrop({ background }: PageStyle): void {
  const isOpaque = colourOf(background)?.alpha === 1;
  const chosen = one('[name="backdrop"]:checked') as HTMLInputElement;
  one('#stage').dataset['backdrop'] = isOpaque ? 'none' : chosen.value;
  one('#backdrops').hidden = isOpaque;
}

/** Lists what is wrong with the parameters of this URL. */
function showProblems(parameters: URLSearchParams): void {
  const problems = styleProblems(parameters);
  const list = one('#problems');
  list.hidden = problems.length === 0;
  list.querySelector('ul')?.replaceChildren(
    ...problems.map((problem) => {
      const item = document.createElement('li');
      item.textContent = problem;
      return item;
    }),
  );
}

function showContrast(style: PageStyle): void {
  const { contrast } = paletteOf(style);
  const readable = contrast >= MIN_CONTRAST;
  const ratio = `${(Math.floor(contrast * 10) / 10).toFixed(1)} : 1`;
  const message = one('#contrast');
  message.dataset['readable'] = String(readable);
  message.textContent = readable
    ? `Contrast ${ratio}, readable (WCAG AA)`
    : `Contrast ${ratio}, hard to read: WCAG AA requires ${MIN_CONTRAST} : 1`;
}

/** Loads the preview, with sample text or the live captions. */
function load(): void {
  const sample = (one('[name="text"]:checked') as HTMLInputElement).value === 'sample';
  const query = styleQuery(readForm());
  preview.src = `./?${sample ? 'sample=on&' : ''}${query}`;
}

async function copy(): Promise<void> {
  const message = one('#copied');
  address.select();
  try {
    await navigator.clipboard.writeText(address.value);
    message.textContent = 'Copied';
  } catch {
    message.textContent = 'Selected: copy it with Ctrl-C'; // over HTTP from another machine there is no clipboard
  }
  setTimeout(() => (message.textContent = ''), COPIED_MS);
}

function one(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

const parameters = new URLSearchParams(location.search);
showProblems(parameters);
fill(parseStyle(parameters));
load();
show();
form.addEventListener('input', show);
form.addEventListener('submit', (event) => event.preventDefault());
preview.addEventListener('load', show);
one('#copy').addEventListener('click', () => void copy());
one('#backdrops').addEventListener('change', show);
for (const radio of document.querySelectorAll('[name="text"]')) radio.addEventListener('change', load);
for (const button of document.querySelectorAll<HTMLElement>('[data-preset]')) {
  button.addEventListener('click', () => {
    fill(parseStyle(new URLSearchParams(button.dataset['preset'])));
    show();
  });
}
const operatorKey = new URLSearchParams(location.hash.slice(1)).get('operator');
if (operatorKey) openSpeakerForm(operatorKey);

import { colourOf, written } from './colours.ts';
import { DEFAULT_LOOK, ENOUGH, lookOf, paintOf, queryOf } from './look.ts';
import type { Look } from './look.ts';

/** How long it is said that the address was copied, in milliseconds. */
const COPIED_MS = 4000;

const form = one('#look');
const preview = one('#preview') as HTMLIFrameElement;
const address = one('#address') as HTMLInputElement;

/** The fields of the form, by the parameter they set; for a colour there is a choice before it. */
function field(name: string): HTMLInputElement | HTMLSelectElement {
  return one(`[name="${name}"]`) as HTMLInputElement | HTMLSelectElement;
}

/** Puts a look into the form. */
function fill(look: Look): void {
  for (const name of ['size', 'lines', 'speakers', 'position', 'align', 'dir', 'lang', 'font'] as const) {
    field(name).value = String(look[name]);
  }
  for (const name of ['uppercase', 'status'] as const) (field(name) as HTMLInputElement).checked = look[name];
  const paint = paintOf(look);
  choose('ground', 'background', look.background, DEFAULT_LOOK.background);
  choose('boxed', 'box', look.box, '#000000');
  choose('ink', 'color', look.color, paint.text);
}

function choose(choice: string, name: string, value: string, otherwise: string): void {
  const colour = colourOf(value);
  field(choice).value = colour ? 'color' : value;
  field(name).value = written({ rgb: (colour ?? colourOf(otherwise)!).rgb, alpha: 1 });
}

/** Reads the look that the form asks for. */
function chosen(): Look {
  const parameters = new URLSearchParams();
  for (const name of ['size', 'lines', 'speakers', 'position', 'align', 'dir', 'lang', 'font']) {
    parameters.set(name, field(name).value);
  }
  for (const name of ['uppercase', 'status'])
    parameters.set(name, (field(name) as HTMLInputElement).checked ? 'on' : 'off');
  const colours = { ground: 'background', boxed: 'box', ink: 'color' };
  for (const [choice, name] of Object.entries(colours)) {
    const { value } = field(choice);
    parameters.set(name, value === 'color' ? field(name).value : value);
    field(name).hidden = value !== 'color';
  }
  return lookOf(parameters);
}

/** Shows what the form asks for: the picture, the address, and whether it can be read. */
function show(): void {
  const look = chosen();
  const query = queryOf(look);
  preview.contentWindow?.postMessage(query, location.origin);
  const url = new URL('./', location.href);
  url.search = query;
  address.value = url.href;
  (one('#open') as HTMLAnchorElement).href = url.href;
  one('#sizeNow').textContent = `${look.size} % of the screen`;
  tellContrast(look);
  backdrop(look);
  history.replaceState(undefined, '', `./setup${query && `?${query}`}`);
}

/** What stands behind the picture: something to look through to, where the background is not opaque. */
function backdrop({ background }: Look): void {
  const colour = colourOf(background);
  const stage = one('#stage');
  stage.dataset['clear'] = String(colour?.alpha !== 1);
  stage.style.background = colour?.alpha === 1 ? written(colour) : '';
}

function tellContrast(look: Look): void {
  const { contrast } = paintOf(look);
  const readable = contrast >= ENOUGH;
  const ratio = `${(Math.floor(contrast * 10) / 10).toFixed(1)} : 1`;
  const told = one('#contrast');
  told.dataset['readable'] = String(readable);
  told.textContent = readable
    ? `Contrast ${ratio}, good to read (WCAG AA)`
    : `Contrast ${ratio}, hard to read: WCAG AA asks for ${ENOUGH} : 1`;
}

/** Loads the picture, with a sample or with what is being said. */
function load(): void {
  const sample = (one('[name="text"]:checked') as HTMLInputElement).value === 'sample';
  const query = queryOf(chosen());
  preview.src = `./?${sample ? 'sample=on&' : ''}${query}`;
}

async function copy(): Promise<void> {
  const told = one('#copied');
  address.select();
  try {
    await navigator.clipboard.writeText(address.value);
    told.textContent = 'Copied';
  } catch {
    told.textContent = 'Selected: copy it with Ctrl-C'; // pages on other machines may not use the clipboard
  }
  setTimeout(() => (told.textContent = ''), COPIED_MS);
}

function one(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

fill(lookOf(new URLSearchParams(location.search)));
load();
show();
form.addEventListener('input', show);
form.addEventListener('submit', (event) => event.preventDefault());
preview.addEventListener('load', show);
one('#copy').addEventListener('click', () => void copy());
for (const radio of document.querySelectorAll('[name="text"]')) radio.addEventListener('change', load);
for (const button of document.querySelectorAll<HTMLElement>('[data-preset]')) {
  button.addEventListener('click', () => {
    fill(lookOf(new URLSearchParams(button.dataset['preset'])));
    show();
  });
}

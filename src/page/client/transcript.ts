import { create, element, setText } from './dom.ts';
import { followEvents } from './eventStream.ts';
import { DEFAULT_STYLE, paletteOf } from './pageStyle.ts';
import { isOver, statusText } from './statusText.ts';
import { EMPTY_VIEW, nameOf } from './viewState.ts';
import type { SpeakerNames, TurnPart, ViewState, ViewTurn, ViewUpdate } from './viewState.ts';

/** How far from its end the text may be scrolled and still follow it, in pixels. */
const PINNED_PX = 40;
/** How long the page confirms that the text was copied, in milliseconds. */
const COPIED_MS = 3000;

const scroller = element('scroller');
const turns = element('turns');
const partial = element('partial');
const query = element('query') as HTMLInputElement;
const newest = element('newest');
const copyButton = element('copy');
const badge = element('badge');

/** The turns on the page, by their order. */
const shown = new Map<number, { readonly turn: ViewTurn; readonly node: HTMLElement }>();
/** Everything except the finals. */
let view: ViewState = EMPTY_VIEW;
let isDisconnected = false;
/** Whether the page follows the newest text. */
let isPinned = true;
let missed = 0;
let scrolledTo = 0;
/** The first turn that the server keeps. */
let firstOrder = 0;

/** The colours of speakers on bright and on dark pages; they repeat. */
const [bright, dark] = ['#ffffff', '#0f131b'].map((background) => paletteOf({ ...DEFAULT_STYLE, background }).speakers);

function receive(update: ViewUpdate): void {
  isDisconnected = false;
  const renamed = update.speakerNames !== undefined;
  const { partial: open, status, hasSpeakers, speakerNames = view.speakerNames } = update;
  view = { turns: [], partial: open, status, hasSpeakers, speakerNames };
  if (update.replacesAll) empty();
  if (update.firstOrder > firstOrder) dropBefore(update.firstOrder);
  for (const turn of update.turns) put(turn);
  if (renamed) for (const node of turns.querySelectorAll<HTMLElement>('.name')) showName(node, speakerNames);
  partial.replaceChildren(...(open ? open.parts.map(lineOf) : []));
  if (update.turns.length > 0) filter(update.turns);
  follow(update.turns.length);
  showStatus();
}

/** Removes turns that the server no longer keeps. */
function dropBefore(order: number): void {
  firstOrder = order;
  for (const [each, { node }] of shown) {
    if (each >= order) continue;
    node.remove();
    shown.delete(each);
  }
}

/** Starts empty. Screen readers read new turns only, not those shown when the page opened. */
function empty(): void {
  shown.clear();
  firstOrder = 0;
  turns.replaceChildren();
  turns.ariaLive = 'off';
  requestAnimationFrame(() => (turns.ariaLive = 'polite'));
}

/** Shows a turn, or replaces it in its place. */
function put(turn: ViewTurn): void {
  const node = create('article', '', '');
  const { order, lang, startMs } = turn;
  node.dataset['order'] = String(order);
  if (lang !== undefined) node.lang = lang;
  if (startMs !== undefined) node.append(create('time', '', clock(startMs)));
  node.append(...turn.parts.map(lineOf));
  const before = shown.get(order);
  if (before) before.node.replaceWith(node);
  else turns.insertBefore(node, nodeAfter(order));
  shown.set(order, { turn, node });
}

/** A turn that was corrected comes after later ones, when the page opens. */
function nodeAfter(order: number): Element | null {
  const orderOf = (node: Element): number => Number((node as HTMLElement).dataset['order']);
  const last = turns.lastElementChild;
  if (!last || orderOf(last) < order) return null;
  return [...turns.children].find((node) => orderOf(node) > order) ?? null;
}

function lineOf({ text, speaker, speakerIndex = 0 }: TurnPart): HTMLElement {
  const line = create('p', '', '');
  line.dir = 'auto';
  if (speaker !== undefined) {
    const name = create('bdi', 'name', '');
    name.dataset['speaker'] = speaker;
    const [onBright, onDark] = [bright, dark].map((colours) => colours![speakerIndex % colours!.length]!.text);
    name.style.color = `light-dark(${onBright}, ${onDark})`;
    showName(name, view.speakerNames);
    line.append(name, ' ');
  }
  line.append(create('span', 'spoken', text));
  return line;
}

function showName(node: HTMLElement, names: SpeakerNames): void {
  setText(node, nameOf(node.dataset['speaker'] ?? '', names));
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [...(hours > 0 ? [hours] : []), minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Hides the turns without the searched text, and marks it in the others. */
function filter(changed: Iterable<ViewTurn> = [...shown.values()].map(({ turn }) => turn)): void {
  const wanted = query.value.trim();
  const pattern = wanted === '' ? undefined : new RegExp(escaped(wanted), 'giu');
  for (const { order } of changed) {
    const node = shown.get(order)?.node;
    if (!node) continue;
    const marks = [...node.querySelectorAll<HTMLElement>('.spoken')].map((spoken) => mark(spoken, pattern));
    node.hidden = pattern !== undefined && !marks.includes(true);
  }
  partial.hidden = pattern !== undefined;
  const found = pattern && turns.querySelectorAll('article:not([hidden])').length;
  setText(element('count'), found === undefined ? '' : `${found} of ${shown.size}`);
}

/** Marks what a pattern matches. */
function mark(spoken: HTMLElement, pattern: RegExp | undefined): boolean {
  const text = spoken.textContent;
  const matches = pattern ? [...text.matchAll(pattern)] : [];
  if (matches.length === 0) {
    if (spoken.childElementCount > 0) spoken.textContent = text;
    return false;
  }
  let at = 0;
  const pieces = matches.flatMap(({ 0: match, index }) => {
    const before = text.slice(at, index);
    at = index + match.length;
    return [before, create('mark', '', match)];
  });
  spoken.replaceChildren(...pieces, text.slice(at));
  return true;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Scrolls to the newest text, or counts the turns below. */
function follow(added: number): void {
  if (isPinned) {
    scroller.scrollTop = scroller.scrollHeight;
    missed = 0;
  } else missed += added;
  newest.hidden = isPinned;
  setText(newest, missed > 0 ? `Newest (${missed} new)` : 'Newest');
}

function showStatus(): void {
  const count = [...shown.values()].slice(0, 1).map(({ turn }) => turn);
  setText(badge, statusText({ ...view, turns: count }, isDisconnected) || 'live');
  badge.dataset['status'] = isDisconnected ? 'disconnected' : view.status;
}

/** Copies the visible turns as text. */
async function copy(): Promise<void> {
  const visible = [...turns.querySelectorAll('article:not([hidden])')];
  const text = visible.map((article) => [...article.querySelectorAll('p')].map(textOf).join('\n')).join('\n');
  try {
    await navigator.clipboard.writeText(text);
    copyButton.textContent = 'Copied';
  } catch {
    // over HTTP from another machine there is no clipboard
    getSelection()?.selectAllChildren(turns);
    copyButton.textContent = 'Selected: press Ctrl-C';
  }
  setTimeout(() => (copyButton.textContent = 'Copy'), COPIED_MS);
}

function textOf(line: HTMLElement): string {
  const name = line.querySelector('.name')?.textContent;
  const text = line.querySelector('.spoken')?.textContent ?? '';
  return name === undefined ? text : `${name}: ${text}`;
}

function pin(): void {
  isPinned = true;
  follow(0);
}

followEvents('./events?view=transcript', receive, () => {
  isDisconnected = !isOver(view.status);
  showStatus();
});
showStatus();
scroller.addEventListener('scroll', () => {
  const { scrollTop, scrollHeight, clientHeight } = scroller;
  // text that grows is no reason to stop following: only scrolling up is
  isPinned = scrollHeight - scrollTop - clientHeight < PINNED_PX || (isPinned && scrollTop >= scrolledTo);
  scrolledTo = scrollTop;
  if (isPinned !== newest.hidden) follow(0);
});
window.addEventListener('resize', () => follow(0));
query.addEventListener('input', () => {
  filter();
  follow(0);
});
newest.addEventListener('click', pin);
copyButton.addEventListener('click', () => void copy());
document.addEventListener('click', ({ target }) => {
  const downloads = element('downloads') as HTMLDetailsElement;
  if (!(target instanceof Node && downloads.querySelector('summary')?.contains(target))) downloads.open = false;
});

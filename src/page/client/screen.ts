import { element, setText } from './dom.ts';
import { NamePlates } from './namePlates.ts';
import { paletteOf } from './pageStyle.ts';
import type { PageStyle, Palette } from './pageStyle.ts';
import { isOver, statusText } from './statusText.ts';
import { EMPTY_VIEW } from './viewState.ts';
import type { TurnPart, ViewState, ViewTurn } from './viewState.ts';

const FAMILIES: Readonly<Record<string, string>> = {
  sans: 'var(--sans)',
  serif: 'var(--serif)',
  mono: 'var(--mono)',
};

/** Duration of the scroll animation, in milliseconds. */
const SCROLL_MS = 180;

/** The text up to which the captions were cleared. */
interface Cleared {
  readonly order: number;
  readonly partial: ViewTurn | undefined;
}

/**
 * Renders the captions. Text becomes text nodes, never HTML.
 *
 * Lines move up only: when a revised partial, or its final, takes fewer lines than before, the lines above stay in place
 * and the space is left for the next turn.
 */
export class Screen {
  readonly #finals = element('finals');
  readonly #partial = element('partial');
  readonly #spacer = element('spacer');
  readonly #track = element('track');
  readonly #viewport = element('viewport');
  readonly #badge = element('badge');
  readonly #plates = new NamePlates(this.#viewport, this.#track);
  readonly #turns = new Map<number, { turn: ViewTurn; node: HTMLElement }>();
  readonly #reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
  #view: ViewState = EMPTY_VIEW;
  #cleared: Cleared | undefined;
  #timer = 0;
  #style: PageStyle;
  #palette: Palette;
  #disconnected = false;

  constructor(style: PageStyle) {
    this.#style = style;
    this.#palette = paletteOf(style);
    window.addEventListener('resize', () => {
      const view = this.#shown();
      this.#plates.makeRoom(view, this.#style);
      this.#holdPosition(0);
      this.#plates.place(view, this.#style);
    });
    this.applyStyle(style);
  }

  /** Applies a style and keeps the text. */
  applyStyle(style: PageStyle): void {
    this.#style = style;
    const root = document.documentElement;
    const palette = paletteOf(style);
    this.#palette = palette;
    const values = {
      size: String(style.size),
      lines: String(style.lines),
      background: palette.background,
      box: palette.box,
      text: palette.text,
      partial: palette.partial,
      font: FAMILIES[style.font] ?? `"${style.font}", var(--sans)`,
    };
    for (const [name, value] of Object.entries(values)) root.style.setProperty(`--${name}`, value);
    Object.assign(root.dataset, {
      fill: String(style.lines === 0),
      boxed: String(palette.box !== 'transparent'),
      bare: String(palette.box === 'transparent' && palette.background === 'transparent'),
      align: style.align,
      position: style.position,
      uppercase: String(style.uppercase),
    });
    this.#track.lang = style.lang;
    this.#render(this.#shown(), true);
    this.#showStatus();
  }

  /**
   * Shows the current captions.
   *
   * @param replace Whether this is a different transcription, so that nothing on the screen needs to stay.
   * @param quietMs Time since the text last changed, in milliseconds.
   */
  show(view: ViewState, replace = false, quietMs = 0): void {
    this.#disconnected = false;
    this.#view = view;
    if (replace) this.#cleared = undefined;
    clearTimeout(this.#timer);
    const leftMs = this.#style.clear * 1000 - quietMs;
    if (this.#style.clear > 0 && leftMs <= 0) this.#cleared = clearedBy(view);
    if (this.#style.clear > 0 && leftMs > 0) this.#timer = window.setTimeout(() => this.#clearText(), leftMs);
    this.#render(this.#shown(), replace);
    this.#showStatus();
  }

  /** Shows that the server cannot be reached, unless the transcription is over. */
  showDisconnected(): void {
    this.#disconnected = !isOver(this.#view.status);
    this.#showStatus();
  }

  #clearText(): void {
    this.#cleared = clearedBy(this.#view);
    this.#render(this.#shown(), true);
  }

  /** Returns the view without what was cleared. */
  #shown(): ViewState {
    const [view, cleared] = [this.#view, this.#cleared];
    if (!cleared) return view;
    const isCleared = JSON.stringify(view.partial) === JSON.stringify(cleared.partial);
    const turns = view.turns.filter(({ order }) => order > cleared.order);
    return { ...view, turns, partial: isCleared ? undefined : view.partial };
  }

  #render(view: ViewState, replace: boolean): void {
    const last = this.#finals.lastElementChild;
    const before = { height: heightOf(this.#track), y: this.#y(last) };
    if (replace) this.#empty();
    this.#showFinals(view.turns);
    this.#fill(this.#partial, view.partial ?? { order: 0, parts: [] }, true);
    this.#plates.makeRoom(view, this.#style);
    this.#holdPosition(replace ? 0 : before.height);
    this.#removeOld(view.turns);
    this.#plates.place(view, this.#style);
    if (!replace) this.#scroll(before.y, last);
  }

  /** Starts empty. Screen readers read new turns only, not those shown when the page opened. */
  #empty(): void {
    this.#turns.clear();
    this.#finals.replaceChildren();
    this.#partial.replaceChildren();
    this.#finals.setAttribute('aria-live', 'off');
    requestAnimationFrame(() => this.#finals.setAttribute('aria-live', 'polite'));
  }

  #showFinals(turns: readonly ViewTurn[]): void {
    for (const turn of turns) {
      const shown = this.#turns.get(turn.order);
      if (shown?.turn === turn) continue;
      const node = shown?.node ?? document.createElement('div');
      this.#fill(node, turn, false);
      if (!shown) this.#finals.append(node);
      this.#turns.set(turn.order, { turn, node });
    }
  }

  /** Updates only the lines that differ. */
  #fill(node: HTMLElement, { parts, lang }: ViewTurn, isPartial: boolean): void {
    while (node.childElementCount > parts.length) node.lastElementChild?.remove();
    for (const [index, part] of parts.entries()) {
      const line = (node.children[index] as HTMLElement | undefined) ?? node.appendChild(emptyLine());
      line.dir = this.#style.dir;
      if (lang !== undefined) line.lang = lang;
      this.#write(line, part, isPartial);
    }
  }

  #write(line: HTMLElement, { text, speaker, speakerIndex }: TurnPart, isPartial: boolean): void {
    const [name, spoken] = [...line.children] as [HTMLElement, HTMLElement];
    const colours = this.#palette.speakers;
    const isPlain = this.#style.speakers === 'off' || speakerIndex === undefined;
    const colour = isPlain ? undefined : colours[speakerIndex % colours.length];
    setText(spoken, text);
    if (speaker === undefined) delete line.dataset['speaker'];
    else line.dataset['speaker'] = speaker;
    name.style.setProperty('--speaker', colour?.text ?? 'var(--text)');
    spoken.style.color = isPartial ? (colour?.partial ?? 'var(--partial)') : (colour?.text ?? '');
  }

  /** Removes turns at the top that are no longer kept; the text is aligned at the bottom, so nothing moves. */
  #removeOld(turns: readonly ViewTurn[]): void {
    const kept = new Set(turns.map(({ order }) => order));
    for (const [order, { node }] of this.#turns) {
      if (kept.has(order)) continue;
      node.remove();
      this.#turns.delete(order);
    }
  }

  #holdPosition(height: number): void {
    const text = heightOf(this.#track) - heightOf(this.#spacer);
    this.#spacer.style.height = `${Math.max(0, height - text)}px`;
  }

  /** Position of a line, without any animation in progress. */
  #y(line: Element | null): number | undefined {
    return line instanceof HTMLElement && line.isConnected
      ? this.#viewport.offsetTop + this.#track.offsetTop + line.offsetTop
      : undefined;
  }

  #scroll(before: number | undefined, line: Element | null): void {
    const now = this.#y(line);
    if (before === undefined || now === undefined || now >= before || this.#reducedMotion.matches) return;
    const from = { transform: `translateY(${before - now}px)` };
    this.#track.animate([from, { transform: 'translateY(0)' }], {
      duration: SCROLL_MS,
      easing: 'ease-out',
      composite: 'add',
    });
  }

  #showStatus(): void {
    setText(this.#badge, this.#style.status ? statusText(this.#view, this.#disconnected) : '');
    this.#badge.dataset['status'] = this.#disconnected ? 'disconnected' : this.#view.status;
  }
}

function clearedBy({ turns, partial }: ViewState): Cleared {
  return { order: turns.at(-1)?.order ?? -1, partial };
}

/** Returns the exact height: lines are seldom whole pixels. */
function heightOf(node: Element): number {
  return node.getBoundingClientRect().height;
}

/** Creates the line of a part: the speaker, isolated so that it does not set the direction, and the text. */
function emptyLine(): HTMLElement {
  const line = document.createElement('p');
  const [name, spoken] = [document.createElement('span'), document.createElement('span')];
  name.className = 'name';
  name.hidden = true;
  name.append(document.createElement('bdi'));
  spoken.className = 'spoken';
  line.append(name, spoken);
  return line;
}

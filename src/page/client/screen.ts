import { paletteOf } from './pageStyle.ts';
import type { PageStyle, Palette } from './pageStyle.ts';
import type { Status, TurnPart, ViewState, ViewTurn } from './viewState.ts';
import { EMPTY_VIEW } from './viewState.ts';

/** The badge of each status; `disconnected` is set by the page itself when its server cannot be reached. */
const BADGES: Readonly<Record<Status | 'disconnected', string>> = {
  waiting: 'connecting…',
  live: '',
  device: 'on this device',
  reconnecting: 'reconnecting…',
  ended: 'ended',
  disconnected: 'reconnecting…',
};

const FAMILIES: Readonly<Record<string, string>> = {
  sans: 'var(--sans)',
  serif: 'var(--serif)',
  mono: 'var(--mono)',
};

/** Duration of the scroll animation, in milliseconds. */
const SCROLL_MS = 180;

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
  readonly #turns = new Map<number, { turn: ViewTurn; previous: string | undefined; node: HTMLElement }>();
  readonly #reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
  #view: ViewState = EMPTY_VIEW;
  #style: PageStyle;
  #palette: Palette;
  #disconnected = false;

  constructor(style: PageStyle) {
    this.#style = style;
    this.#palette = paletteOf(style);
    window.addEventListener('resize', () => this.#holdPosition(0));
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
      speakers: style.speakers,
    });
    this.#track.lang = style.lang;
    this.show(this.#view, true);
  }

  /**
   * Shows the current captions.
   *
   * @param replace Whether this is a different transcription or style, so that nothing on the screen needs to stay.
   */
  show(view: ViewState, replace = false): void {
    this.#disconnected = false;
    const { turns, partial } = view;
    const last = this.#finals.lastElementChild;
    const before = { height: heightOf(this.#track), y: this.#y(last) };
    if (replace) this.#clear();
    this.#showFinals(turns);
    this.#showPartial(partial, turns.at(-1)?.parts.at(-1)?.speaker);
    this.#view = view;
    this.#holdPosition(replace ? 0 : before.height);
    this.#removeOld(turns);
    if (!replace) this.#scroll(before.y, last);
    this.#showStatus();
  }

  /** Shows that the server cannot be reached, unless the transcription has ended. */
  showDisconnected(): void {
    this.#disconnected = this.#view.status !== 'ended';
    this.#showStatus();
  }

  /** Starts empty. Screen readers read new turns only, not those shown when the page opened. */
  #clear(): void {
    this.#turns.clear();
    this.#finals.replaceChildren();
    this.#partial.replaceChildren();
    this.#finals.setAttribute('aria-live', 'off');
    requestAnimationFrame(() => this.#finals.setAttribute('aria-live', 'polite'));
  }

  #showFinals(turns: readonly ViewTurn[]): void {
    for (const [index, turn] of turns.entries()) {
      const shown = this.#turns.get(turn.order);
      const previous = turns[index - 1]?.parts.at(-1)?.speaker;
      if (shown?.turn === turn && shown.previous === previous) continue;
      const node = shown?.node ?? document.createElement('div');
      this.#fill(node, turn, previous, false);
      if (!shown) this.#finals.append(node);
      this.#turns.set(turn.order, { turn, previous, node });
    }
  }

  #showPartial(partial: ViewTurn | undefined, previous: string | undefined): void {
    if (partial === this.#view.partial && partial !== undefined && this.#partial.childElementCount > 0) return;
    this.#fill(this.#partial, partial ?? { order: 0, parts: [] }, previous, true);
  }

  /** Updates only the lines that differ. */
  #fill(node: HTMLElement, { parts }: ViewTurn, previous: string | undefined, isPartial: boolean): void {
    while (node.childElementCount > parts.length) node.lastElementChild?.remove();
    for (const [index, part] of parts.entries()) {
      const line = (node.children[index] as HTMLElement | undefined) ?? node.appendChild(emptyLine());
      this.#write(line, part, index === 0 ? previous : parts[index - 1]?.speaker, isPartial);
    }
  }

  #write(line: HTMLElement, part: TurnPart, previous: string | undefined, isPartial: boolean): void {
    const { text, speaker, speakerIndex } = part;
    const [name, spoken] = [...line.children] as [HTMLElement, HTMLElement];
    const { speakers, dir } = this.#style;
    const colours = this.#palette.speakers;
    const colour =
      speakers === 'off' || speakerIndex === undefined ? undefined : colours[speakerIndex % colours.length];
    line.dir = dir;
    const isNamed = speakers === 'name' && speaker !== undefined && speaker !== previous;
    setText(name.firstElementChild!, isNamed ? speaker : '');
    setText(spoken, text);
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
    const status = this.#disconnected ? 'disconnected' : this.#view.status;
    setText(this.#badge, this.#style.status ? BADGES[status] : '');
    this.#badge.dataset['status'] = status;
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
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
  name.append(document.createElement('bdi'));
  spoken.className = 'spoken';
  line.append(name, spoken);
  return line;
}

function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

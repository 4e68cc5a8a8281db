import { paintOf } from './look.ts';
import type { Look, Paint } from './look.ts';
import type { Going, Part, Said, Shown } from './wire.ts';
import { NOTHING } from './wire.ts';

/** How it goes, where that has to be said; `lost` is the page's own: the program that serves it is out of reach. */
const STATES: Readonly<Record<Going | 'lost', string>> = {
  waiting: 'connecting…',
  live: '',
  reconnecting: 'reconnecting…',
  ended: 'ended',
  lost: 'reconnecting…',
};

const FAMILIES: Readonly<Record<string, string>> = {
  sans: 'var(--sans)',
  serif: 'var(--serif)',
  mono: 'var(--mono)',
};

/** How long the lines take to roll up, in milliseconds. */
const ROLL_MS = 180;

/**
 * What the page shows. Text comes in as text nodes, never as HTML.
 *
 * Lines only ever go up: where a revised partial, or its final, takes fewer lines than it had, what is above stays where
 * it is, and the room is left for what comes next.
 */
export class Screen {
  readonly #finals = element('finals');
  readonly #partial = element('partial');
  readonly #rest = element('rest');
  readonly #track = element('track');
  readonly #window = element('window');
  readonly #state = element('state');
  readonly #turns = new Map<number, { said: Said; before: string | undefined; node: HTMLElement }>();
  readonly #still = window.matchMedia('(prefers-reduced-motion: reduce)');
  #shown: Shown = NOTHING;
  #look: Look;
  #paint: Paint;
  #lost = false;

  constructor(look: Look) {
    this.#look = look;
    this.#paint = paintOf(look);
    window.addEventListener('resize', () => this.#keepPlace(0));
    this.dress(look);
  }

  /** Takes on a look, and keeps the text. */
  dress(look: Look): void {
    this.#look = look;
    const { style, dataset } = document.documentElement;
    const paint = paintOf(look);
    this.#paint = paint;
    const values = {
      size: String(look.size),
      lines: String(look.lines),
      background: paint.background,
      box: paint.box,
      text: paint.text,
      open: paint.partial,
      font: FAMILIES[look.font] ?? `"${look.font}", var(--sans)`,
    };
    for (const [name, value] of Object.entries(values)) style.setProperty(`--${name}`, value);
    Object.assign(dataset, {
      fill: String(look.lines === 0),
      boxed: String(paint.box !== 'transparent'),
      bare: String(paint.box === 'transparent' && paint.background === 'transparent'),
      align: look.align,
      position: look.position,
      uppercase: String(look.uppercase),
      speakers: look.speakers,
    });
    this.#track.lang = look.lang;
    this.show(this.#shown, true);
  }

  /**
   * Shows what there is now.
   *
   * @param anew Whether that is another transcription, or another look, and nothing of what stands there has to stay.
   */
  show(shown: Shown, anew = false): void {
    this.#lost = false;
    const { turns, partial } = shown;
    const last = this.#finals.lastElementChild;
    const before = { height: heightOf(this.#track), y: this.#y(last) };
    if (anew) this.#clear();
    this.#putFinals(turns);
    this.#putPartial(partial, turns.at(-1)?.parts.at(-1)?.speaker);
    this.#shown = shown;
    this.#keepPlace(anew ? 0 : before.height);
    this.#forget(turns);
    if (!anew) this.#roll(before.y, last);
    this.#tellState();
  }

  /** Says that the program that serves the page is out of reach; what ended has every right to be. */
  lose(): void {
    this.#lost = this.#shown.going !== 'ended';
    this.#tellState();
  }

  /** Begins with nothing. What was said before somebody came is not read to them, only what is said from then on. */
  #clear(): void {
    this.#turns.clear();
    this.#finals.replaceChildren();
    this.#partial.replaceChildren();
    this.#finals.setAttribute('aria-live', 'off');
    requestAnimationFrame(() => this.#finals.setAttribute('aria-live', 'polite'));
  }

  #putFinals(turns: readonly Said[]): void {
    for (const [index, said] of turns.entries()) {
      const there = this.#turns.get(said.order);
      const before = turns[index - 1]?.parts.at(-1)?.speaker;
      if (there?.said === said && there.before === before) continue;
      const node = there?.node ?? document.createElement('div');
      this.#fill(node, said, before, false);
      if (!there) this.#finals.append(node);
      this.#turns.set(said.order, { said, before, node });
    }
  }

  #putPartial(partial: Said | undefined, before: string | undefined): void {
    if (partial === this.#shown.partial && partial !== undefined && this.#partial.childElementCount > 0) return;
    this.#fill(this.#partial, partial ?? { order: 0, parts: [] }, before, true);
  }

  /** Changes what differs, so that a line that stays the same stays untouched. */
  #fill(node: HTMLElement, { parts }: Said, before: string | undefined, open: boolean): void {
    while (node.childElementCount > parts.length) node.lastElementChild?.remove();
    for (const [index, part] of parts.entries()) {
      const line = (node.children[index] as HTMLElement | undefined) ?? node.appendChild(emptyLine());
      this.#write(line, part, index === 0 ? before : parts[index - 1]?.speaker, open);
    }
  }

  #write(line: HTMLElement, { text, speaker, voice }: Part, before: string | undefined, open: boolean): void {
    const [name, said] = [...line.children] as [HTMLElement, HTMLElement];
    const { speakers, dir } = this.#look;
    const { voices } = this.#paint;
    const colour = speakers === 'off' || voice === undefined ? undefined : voices[voice % voices.length];
    line.dir = dir;
    put(name.firstElementChild!, speakers === 'name' && speaker !== undefined && speaker !== before ? speaker : '');
    put(said, text);
    name.style.setProperty('--voice', colour?.text ?? 'var(--text)');
    said.style.color = open ? (colour?.partial ?? 'var(--open)') : (colour?.text ?? '');
  }

  /** Turns that are kept no longer leave above; as the text stands at the bottom, nothing moves. */
  #forget(turns: readonly Said[]): void {
    const kept = new Set(turns.map(({ order }) => order));
    for (const [order, { node }] of this.#turns) {
      if (kept.has(order)) continue;
      node.remove();
      this.#turns.delete(order);
    }
  }

  #keepPlace(height: number): void {
    const text = heightOf(this.#track) - heightOf(this.#rest);
    this.#rest.style.height = `${Math.max(0, height - text)}px`;
  }

  /** Where a line stands, whatever movement is under way. */
  #y(line: Element | null): number | undefined {
    return line instanceof HTMLElement && line.isConnected
      ? this.#window.offsetTop + this.#track.offsetTop + line.offsetTop
      : undefined;
  }

  #roll(before: number | undefined, line: Element | null): void {
    const now = this.#y(line);
    if (before === undefined || now === undefined || now >= before || this.#still.matches) return;
    const from = { transform: `translateY(${before - now}px)` };
    this.#track.animate([from, { transform: 'translateY(0)' }], {
      duration: ROLL_MS,
      easing: 'ease-out',
      composite: 'add',
    });
  }

  #tellState(): void {
    const state = this.#lost ? 'lost' : this.#shown.going;
    put(this.#state, this.#look.status ? STATES[state] : '');
    this.#state.dataset['state'] = state;
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** To the fraction of a pixel: lines seldom are whole ones. */
function heightOf(node: Element): number {
  return node.getBoundingClientRect().height;
}

/** One voice's share of a turn: its name, which has no say in the direction of the line, and what it said. */
function emptyLine(): HTMLElement {
  const line = document.createElement('p');
  const [name, said] = [document.createElement('span'), document.createElement('span')];
  name.className = 'name';
  name.append(document.createElement('bdi'));
  said.className = 'said';
  line.append(name, said);
  return line;
}

function put(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

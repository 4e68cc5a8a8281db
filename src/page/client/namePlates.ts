import { setText } from './dom.ts';
import type { PageStyle } from './pageStyle.ts';
import { nameOf } from './viewState.ts';
import type { ViewState } from './viewState.ts';

/** Space between a name and its text, in heights of a letter. */
const GAP = 0.35;

/**
 * The names of the speakers, each beside the first visible line of its text, in a gutter that exists only if there are
 * speakers. A name that is known later thus moves nothing.
 */
export class NamePlates {
  readonly #viewport: HTMLElement;
  readonly #track: HTMLElement;
  /** Measures names. */
  readonly #ruler = document.createElement('span');
  #room = '';

  constructor(viewport: HTMLElement, track: HTMLElement) {
    this.#viewport = viewport;
    this.#track = track;
    this.#ruler.className = 'ruler';
    this.#ruler.ariaHidden = 'true';
    document.body.append(this.#ruler);
  }

  /** Sets the width of the gutter to that of the longest name. */
  makeRoom({ turns, partial, hasSpeakers, speakerNames }: ViewState, { speakers, size, font }: PageStyle): void {
    const isShown = speakers === 'name' && hasSpeakers;
    const parts = isShown ? [...turns, ...(partial ? [partial] : [])].flatMap((turn) => turn.parts) : [];
    const labels = new Set(parts.flatMap(({ speaker }) => (speaker === undefined ? [] : [speaker])));
    const names = [...labels].map((label) => nameOf(label, speakerNames));
    const all = isShown ? ['A', ...names, ...Object.values(speakerNames)] : [];
    const room = JSON.stringify([all, size, font, window.innerWidth, window.innerHeight]);
    if (room === this.#room) return;
    this.#room = room;
    const widths = all.map((name) => {
      this.#ruler.textContent = name;
      return this.#ruler.offsetWidth;
    });
    this.#ruler.textContent = '';
    const gutter = all.length === 0 ? '0px' : `calc(${Math.max(...widths)}px + ${GAP}em)`;
    document.documentElement.style.setProperty('--gutter', gutter);
  }

  /** Shows the names: where the speaker changes, and on the first visible line of the screen. */
  place({ speakerNames }: ViewState, { speakers }: PageStyle): void {
    const lines = [...this.#track.querySelectorAll('p')];
    const top = this.#top();
    const first = lines.findIndex((line) => line.getBoundingClientRect().bottom > top + 1);
    const shown = lines.filter((line, index) => {
      const { speaker } = line.dataset;
      const isNew = index === first || speaker !== lines[index - 1]?.dataset['speaker'];
      const isNamed = speakers === 'name' && speaker !== undefined;
      const name = nameIn(line);
      setText(name.firstElementChild!, isNamed ? nameOf(speaker, speakerNames) : '');
      name.hidden = !(isNamed && isNew && index >= first);
      return !name.hidden;
    });
    // all are measured before any is moved, so that the browser computes the layout once
    const places = shown.map((line) => placeBeside(line, top));
    for (const [index, line] of shown.entries()) nameIn(line).style.translate = places[index]!;
  }

  /** Where text becomes visible, without an animation in progress, which moves the track. */
  #top(): number {
    const padding = Number.parseFloat(getComputedStyle(this.#viewport).paddingBlockStart);
    const moved = this.#track.getBoundingClientRect().top - this.#track.offsetTop;
    return this.#viewport.offsetTop + padding + moved;
  }
}

/** Returns the place of a name: before the first line of its text below `top`. */
function placeBeside(line: HTMLElement, top: number): string {
  const name = nameIn(line);
  const rects = [...line.lastElementChild!.getClientRects()];
  const visible = rects.find((rect) => (rect.top + rect.bottom) / 2 >= top) ?? rects.at(-1);
  if (!visible) return 'none';
  const sameLine = rects.filter((rect) => rect.top < visible.bottom && rect.bottom > visible.top);
  const { direction, fontSize } = getComputedStyle(line);
  const gap = GAP * Number.parseFloat(fontSize);
  const box = line.getBoundingClientRect();
  const x =
    direction === 'rtl'
      ? Math.max(...sameLine.map((rect) => rect.right)) + gap
      : Math.min(...sameLine.map((rect) => rect.left)) - gap - name.offsetWidth;
  const y = (visible.top + visible.bottom - name.offsetHeight) / 2;
  return `${x - box.left}px ${y - box.top}px`;
}

function nameIn(line: HTMLElement): HTMLElement {
  return line.firstElementChild as HTMLElement;
}

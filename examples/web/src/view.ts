import type { Edit } from './commands.ts';
import type { Phase } from './phase.ts';

const BARS = 36;

export const button = element('listen');
export const fileInput = element('open').querySelector('input') as HTMLInputElement;

const finals = element('finals');
const partial = element('partial');
const status = element('status');
const meter = element('meter');
const bars = Array.from({ length: BARS }, () => document.createElement('i'));
meter.append(...bars);

const BUSY: ReadonlySet<Phase['name']> = new Set(['asking', 'connecting', 'live', 'reconnecting', 'deaf', 'finishing']);

export function showPhase({ name, text }: Phase): void {
  document.documentElement.dataset['phase'] = name;
  button.setAttribute('aria-pressed', String(BUSY.has(name)));
  button.querySelector('.label')!.textContent = BUSY.has(name) ? 'Stop' : 'Listen';
  fileInput.disabled = BUSY.has(name);
  status.textContent = text;
}

/** The latest loudness last; what has been heard wanders to the left. */
export function showLoudness(history: readonly number[]): void {
  for (const [index, bar] of bars.entries()) {
    bar.style.setProperty('--loudness', (history.at(index - BARS) ?? 0).toFixed(2));
  }
  const latest = history.at(-1) ?? 0;
  button.style.setProperty('--loudness', latest.toFixed(2));
  meter.setAttribute('aria-valuenow', (100 * latest).toFixed());
}

export function showPartial(text: string): void {
  partial.textContent = text;
  partial.scrollIntoView({ block: 'end' });
}

export function apply(edit: Edit): void {
  switch (edit.type) {
    case 'write':
      finals.lastElementChild?.append(`${edit.text} `);
      return;
    case 'new line':
      finals.append(document.createElement('p'));
      return;
    case 'clear':
      finals.replaceChildren(document.createElement('p'));
      return;
    case 'stop':
      return;
    default:
      edit satisfies never;
  }
}

function element(id: string): HTMLElement {
  return document.querySelector<HTMLElement>(`#${id}`)!;
}

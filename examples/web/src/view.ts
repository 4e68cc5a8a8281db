import type { Edit } from './commands.ts';
import type { Phase } from './phase.ts';

const BARS = 36;

export const listenButton = element('listen');
export const demoButton = element('demo') as HTMLButtonElement;
export const copyButton = element('copy');
export const fileInput = element('open').querySelector('input') as HTMLInputElement;

const finals = element('finals');
const partial = element('partial');
const status = element('status');
const meter = element('meter');
const bars = Array.from({ length: BARS }, () => document.createElement('i'));
meter.append(...bars);

export function showPhase({ name, text }: Phase): void {
  const isRunning = name !== 'idle' && name !== 'failed';
  document.documentElement.dataset['phase'] = name;
  listenButton.setAttribute('aria-pressed', String(isRunning));
  listenButton.querySelector('.label')!.textContent = isRunning ? 'Stop' : 'Listen';
  fileInput.disabled = isRunning;
  demoButton.disabled = isRunning;
  status.textContent = text;
  if (!isRunning) showPartial('');
}

/** Draws the latest loudness at the right end; earlier values move to the left. */
export function showLoudness(history: readonly number[]): void {
  for (const [index, bar] of bars.entries()) {
    bar.style.setProperty('--loudness', (history.at(index - BARS) ?? 0).toFixed(2));
  }
  const latest = history.at(-1) ?? 0;
  listenButton.style.setProperty('--loudness', latest.toFixed(2));
  meter.setAttribute('aria-valuenow', (100 * latest).toFixed());
}

export function showPartial(text: string): void {
  partial.textContent = text;
  partial.scrollIntoView({ block: 'end' });
}

/** Starts a section of its own for a dictation, unless the last one is still empty. */
export function startDictation(): void {
  const last = finals.lastElementChild;
  if (last === null || last.textContent.trim() !== '') finals.append(newDictation());
}

export function apply(edit: Edit): void {
  switch (edit.type) {
    case 'write':
      finals.lastElementChild?.lastElementChild?.append(`${edit.text} `);
      return;
    case 'new line':
      finals.lastElementChild?.append(document.createElement('p'));
      return;
    case 'clear':
      finals.replaceChildren(newDictation());
      return;
    case 'stop':
      return;
    default:
      edit satisfies never;
  }
}

/** The file that the user chose; the input is emptied, so that the same file can be chosen again. */
export function chosenFile(): File | undefined {
  const file = fileInput.files?.[0];
  fileInput.value = '';
  return file;
}

/** Copies all dictations, with an empty line between them. */
export async function copy(): Promise<void> {
  const dictations = [...finals.children].map((dictation) =>
    [...dictation.children].map((paragraph) => paragraph.textContent.trim()).join('\n'),
  );
  try {
    await navigator.clipboard.writeText(dictations.filter((text) => text !== '').join('\n\n'));
    copyButton.textContent = 'Copied';
  } catch {
    copyButton.textContent = 'Copying was not allowed';
  }
  setTimeout(() => (copyButton.textContent = 'Copy'), 2000);
}

function newDictation(): HTMLElement {
  const dictation = document.createElement('section');
  dictation.append(document.createElement('p'));
  return dictation;
}

function element(id: string): HTMLElement {
  return document.querySelector<HTMLElement>(`#${id}`)!;
}

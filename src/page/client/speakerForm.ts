import { create, element } from './dom.ts';
import { followEvents } from './eventStream.ts';
import { EMPTY_VIEW, applyUpdate } from './viewState.ts';
import type { ViewState } from './viewState.ts';

/** Shows fields for the names of the speakers. The server accepts them only with the key of the operator. */
export function openSpeakerForm(key: string): void {
  const list = element('speakerNames');
  const message = element('namesMessage');
  const fields = new Map<string, HTMLInputElement>();
  element('naming').hidden = false;

  const save = async (): Promise<void> => {
    const names = [...fields].map(([label, { value }]) => [label, value.replaceAll(/\s+/g, ' ').trim()] as const);
    const given = names.filter(([, name]) => name !== '');
    const response = await fetch('./names', {
      method: 'POST',
      headers: { 'x-operator-key': key },
      body: JSON.stringify(Object.fromEntries(given)),
    }).catch(() => undefined);
    message.textContent = response?.ok ? 'Saved for all viewers' : reasonOf(response?.status);
  };

  const show = ({ turns, speakerNames }: ViewState): void => {
    const spoken = turns.flatMap(({ parts }) => parts.flatMap(({ speaker }) => speaker ?? []));
    for (const label of new Set([...Object.keys(speakerNames), ...spoken])) {
      const field = fields.get(label) ?? add(label);
      if (document.activeElement !== field)
        field.value = Object.hasOwn(speakerNames, label) ? speakerNames[label]! : '';
    }
    element('noSpeakers').hidden = fields.size > 0;
  };

  const add = (label: string): HTMLInputElement => {
    const row = create('label', '', '');
    const field = create('input', '', '');
    Object.assign(field, { type: 'text', maxLength: 100, placeholder: 'name', spellcheck: false, dir: 'auto' });
    field.addEventListener('change', () => void save());
    row.append(create('bdi', '', label), field);
    list.append(row);
    fields.set(label, field);
    return field;
  };

  let view = EMPTY_VIEW;
  followEvents(
    './events',
    (update) => {
      view = applyUpdate(view, update);
      show(view);
    },
    () => undefined,
  );
}

function reasonOf(status: number | undefined): string {
  if (status === undefined) return 'Not saved: the server cannot be reached';
  return status === 403 ? 'Not saved: this link is of an earlier run; open the new one' : `Not saved: HTTP ${status}`;
}

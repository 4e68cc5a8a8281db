import type { Fault, FieldReplacement } from './faults.ts';
import type { ServiceMessage } from './serviceMessage.ts';

/** Applies the `replace` of an `odd-fields` fault. Returns the text to send, or undefined if the message is not affected. */
export function rewriteMessage(message: ServiceMessage, replace: Fault['replace']): string | undefined {
  if (typeof replace === 'function') {
    const rewritten = replace(message);
    return typeof rewritten === 'object' ? JSON.stringify(rewritten) : rewritten;
  }
  const copy: ServiceMessage = structuredClone(message);
  const affected = (replace ?? []).filter(({ type = message.type }) => type === message.type);
  const changes = affected.map((replacement) => replaceField(copy, replacement));
  return changes.includes(true) ? JSON.stringify(copy) : undefined;
}

/** Replaces the field and returns true, if the message has the object that contains it. */
function replaceField(message: ServiceMessage, { path, value }: FieldReplacement): boolean {
  const names = path.split('.');
  const last = names.pop()!;
  let target: unknown = message;
  for (const name of names) target = isObject(target) ? target[name] : undefined;
  if (!isObject(target)) return false;
  if (value === undefined) Reflect.deleteProperty(target, last);
  else target[last] = value;
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

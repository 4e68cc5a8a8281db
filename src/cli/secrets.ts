import { KEY_VARIABLE, setting } from './environment.ts';

/** A shorter value is no key and may occur in ordinary words. */
const SHORTEST_KEY = 8;

/** Replaces the key, passwords in addresses, and values in the query of addresses. */
export function hideSecrets(text: string): string {
  return hideAddressSecrets(hideKey(text));
}

/** Replaces the key. */
export function hideKey(text: string): string {
  const key = setting(KEY_VARIABLE)?.trim();
  return key && key.length >= SHORTEST_KEY ? text.replaceAll(key, '[key]') : text;
}

function hideAddressSecrets(text: string): string {
  return text.replaceAll(/\b(?:wss?|https?):\/\/[^\s"'<>]+/gi, (address) =>
    address.replace(/\/\/[^/?#]*@/, '//[hidden]@').replaceAll(/([?&][^=&#]*=)[^&#]+/g, '$1[hidden]'),
  );
}

/** Replaces secrets in every string of a value that JSON can represent. */
export function hideSecretsIn(value: unknown): unknown {
  if (typeof value === 'string') return hideSecrets(value);
  if (Array.isArray(value)) return value.map((item: unknown) => hideSecretsIn(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hideSecretsIn(item)]));
}

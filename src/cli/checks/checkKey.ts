import type { Finding } from './finding.ts';

/**
 * Checks that a key is set and looks like one. The finding contains nothing of the key.
 *
 * @param anyLength Whether to accept short keys, as services other than AssemblyAI's may have.
 */
export function checkKey(value: string | undefined, anyLength = false): Finding {
  const key = value?.trim() ?? '';
  if (key === '') {
    const advice = 'set it in the environment or in a file named .env; rxscribe demo needs none';
    return { check: 'key', ok: false, found: 'ASSEMBLYAI_API_KEY is not set', advice };
  }
  const problem = problemOf(key, anyLength);
  if (problem === undefined) return { check: 'key', ok: true, found: 'ASSEMBLYAI_API_KEY is set and well-formed' };
  const advice = 'copy it again from the dashboard, without quotes or "Bearer"';
  return { check: 'key', ok: false, found: `ASSEMBLYAI_API_KEY ${problem}`, advice };
}

/** Keys of the service are 32 hexadecimal digits today, but other lengths may have been or become valid. */
function problemOf(key: string, anyLength: boolean): string | undefined {
  if (/\s/.test(key)) return 'contains a space or a line break';
  if (/["'`<>]/.test(key)) return 'contains a quotation mark or a bracket';
  if (!/^[\u0021-\u007e]+$/.test(key)) return 'contains a character that no key has';
  if (key.length < 16 && !anyLength) return `is too short for a key: ${key.length} characters`;
  return undefined;
}

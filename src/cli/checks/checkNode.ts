import type { Finding } from './finding.ts';

/** The oldest supported Node. */
const OLDEST = [20, 19] as const;

/** Checks that a version of Node is supported. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return { check: 'node', ok, found: version, ...(!ok && { advice: `install Node ${OLDEST.join('.')} or later` }) };
}

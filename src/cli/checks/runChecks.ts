import type { DoctorFlags } from '../commands/doctor.ts';
import { examineService } from './checkService.ts';
import { examineSound } from './checkSound.ts';
import { printable } from '../terminal/printable.ts';

/** What one check found. */
export interface Finding {
  readonly check: 'node' | 'addon' | 'devices' | 'level' | 'key' | 'service' | 'clock';
  readonly ok: boolean;
  /** What is so, in a line. */
  readonly found: string;
  /** What to do about it, where it is not ok. */
  readonly advice?: string;
}

/**
 * Examines what a transcription needs, each check bounded in time, and prints what it found as it finds it. No session is
 * opened, and the key is never shown.
 *
 * @returns Whether nothing is wrong.
 */
export async function examine({ json, url, region, device }: DoctorFlags): Promise<boolean> {
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    if (!json) process.stdout.write(`${lineOf(finding)}\n`);
  };
  tell(node(process.versions.node));
  await examineSound(device, tell);
  tell(key(process.env['ASSEMBLYAI_API_KEY']));
  await examineService(url, region, tell);
  if (json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  return findings.every(({ ok }) => ok);
}

function lineOf({ check, ok, found, advice }: Finding): string {
  const name = check === 'node' ? 'Node' : check;
  return printable(`${ok ? 'ok' : 'not ok'} ${name}: ${found}${advice === undefined ? '' : `; ${advice}`}`);
}

/** The oldest Node that runs this. */
const OLDEST = [20, 19] as const;

/** Whether a version of Node is new enough. */
export function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return { check: 'node', ok, found: version, ...(!ok && { advice: `install Node ${OLDEST.join('.')} or later` }) };
}

/** Whether there is a key, and it looks like one. Nothing of it is told but what is wrong with it. */
export function key(value: string | undefined): Finding {
  const text = value?.trim() ?? '';
  if (text === '') {
    const advice = 'set it in the environment or in a file named .env; rxscribe demo needs none';
    return { check: 'key', ok: false, found: 'ASSEMBLYAI_API_KEY is not set', advice };
  }
  const wrong = faultOf(text);
  if (wrong === undefined) return { check: 'key', ok: true, found: 'ASSEMBLYAI_API_KEY is set and well-formed' };
  const advice = 'copy it once more from the dashboard, alone, without quotes or "Bearer"';
  return { check: 'key', ok: false, found: `ASSEMBLYAI_API_KEY ${wrong}`, advice };
}

/** The service's keys are 32 hexadecimal digits; a key of another length may be of another time. */
function faultOf(text: string): string | undefined {
  if (/\s/.test(text)) return 'contains a space or a line break';
  if (/["'`<>]/.test(text)) return 'contains a quotation mark or a bracket';
  if (!/^[\u0021-\u007e]+$/.test(text)) return 'contains a character that no key has';
  if (text.length < 16) return `is too short for a key, ${text.length} characters`;
  return undefined;
}

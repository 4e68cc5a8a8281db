import { KEY_VARIABLE, setting } from '../environment.ts';
import type { DoctorFlags } from '../flags/doctorFlags.ts';
import { printable } from '../terminal/printable.ts';
import { checkKey } from './checkKey.ts';
import { checkNode } from './checkNode.ts';
import { checkService } from './checkService.ts';
import { checkSound } from './checkSound.ts';
import type { Finding } from './finding.ts';

/**
 * Checks what a transcription needs and prints each finding as it is known. Each check has a time limit. No session is
 * opened, and the key is never printed.
 *
 * @returns Whether all checks passed.
 */
export async function runChecks({ json, url, region, device }: DoctorFlags): Promise<boolean> {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
    if (!json) process.stdout.write(`${lineOf(finding)}\n`);
  };
  report(checkNode(process.versions.node));
  await checkSound(device, report);
  report(checkKey(setting(KEY_VARIABLE)));
  await checkService(url, region, report);
  if (json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  return findings.every(({ ok }) => ok);
}

function lineOf({ check, ok, found, advice }: Finding): string {
  const name = check === 'node' ? 'Node' : check;
  return printable(`${ok ? 'ok' : 'not ok'} ${name}: ${found}${advice === undefined ? '' : `; ${advice}`}`);
}

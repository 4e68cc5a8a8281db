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
export async function runChecks(flags: DoctorFlags): Promise<boolean> {
  const { json, local } = flags;
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
    if (!json) process.stdout.write(`${lineOf(finding)}\n`);
  };
  report(checkNode(process.versions.node));
  await checkSound(flags, report);
  if (local === undefined) await checkCloud(flags, report);
  else await (await import('./checkLocal.ts')).checkLocal(local, report);
  if (json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  else process.stdout.write(`${summaryOf(findings)}\n`);
  return findings.every(({ ok }) => ok);
}

async function checkCloud({ url, region }: DoctorFlags, report: (finding: Finding) => void): Promise<void> {
  report(checkKey(setting(KEY_VARIABLE), url !== undefined));
  await checkService(url, region, report);
}

function lineOf({ check, ok, found, advice }: Finding): string {
  const columns = [ok ? 'ok    ' : 'not ok', `${check === 'node' ? 'Node' : check}:`.padEnd(8)];
  return [...columns, printable(`${found}${advice === undefined ? '' : `; ${advice}`}`)].join(' ');
}

function summaryOf(findings: readonly Finding[]): string {
  const failed = findings.filter(({ ok }) => !ok).map(({ check }) => check);
  return failed.length === 0
    ? `all ${findings.length} checks passed`
    : `${failed.length} of ${findings.length} checks failed: ${failed.join(', ')}`;
}

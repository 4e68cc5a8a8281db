import { readFileSync } from 'node:fs';
import { lastValueFrom, map, scan, timeout } from 'rxjs';
import { microphone } from '../../audio/microphone.ts';
import { inspectAudio } from '../../audio/childRecorder.ts';
import type { InputDevice, Recorder } from '../../audio/recorder.ts';
import { isMonitor } from '../../audio/soundServer.ts';
import { deviceOption } from '../flags/deviceFlags.ts';
import type { DoctorFlags } from '../flags/doctorFlags.ts';
import type { Finding } from './finding.ts';
import { MUTED_DB } from '../silenceHint.ts';
import { canOpen, inputDevices } from './inputDevices.ts';
import { SILENCE_DB, levelOf } from '../terminal/level.ts';

/** How long to record, and how long to wait for that, in milliseconds. */
const LISTEN_MS = 1000;
const TIMEOUT_MS = 6000;

/** Checks the addon, the devices and the level of one; stops at the first that fails. */
export async function checkSound(
  { device }: Pick<DoctorFlags, 'device'>,
  report: (finding: Finding) => void,
): Promise<void> {
  const addon = await checkAddon();
  report(addon);
  if (!addon.ok) return;
  const devices = await checkDevices();
  report(devices);
  if (devices.ok) report(await checkLevel(device));
}

async function checkAddon(): Promise<Finding> {
  try {
    const { audioBackend } = (await inspectAudio()).version;
    return { check: 'addon', ok: true, found: `decibri ${packageVersion()}, ${audioBackend}` };
  } catch (error) {
    return failed('addon', error, 'recordings and raw PCM work without it, unless they are to be conditioned');
  }
}

/** The version of the installed package; the addon reports that of its native library. */
function packageVersion(): string {
  const [folder = ''] = /^.*\/decibri\//.exec(import.meta.resolve('decibri')) ?? [];
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string };
  return version;
}

async function checkDevices(): Promise<Finding> {
  try {
    const found = (await inputDevices()).filter((device) => canOpen(device) && !isMonitor(device));
    if (found.length === 0) {
      const advice = 'connect a microphone, and check that the sound server runs';
      return { check: 'devices', ok: false, found: 'no input device', advice };
    }
    const name = found.find(({ isDefault }) => isDefault)?.name;
    const which = name === undefined ? 'none is the default' : `the default is ${name}`;
    return { check: 'devices', ok: true, found: `${found.length} to record from, ${which}` };
  } catch (error) {
    return failed('devices', error);
  }
}

/** Records for a second and reports its loudest 100 ms. */
async function checkLevel(device: number | string | undefined): Promise<Finding> {
  if (process.stderr.isTTY) process.stderr.write('rxscribe: speak now, for a second\n');
  const stop = new AbortController();
  let recorded: InputDevice | undefined;
  const onOpen = (recorder: Recorder): void => {
    recorded = recorder.device;
    setTimeout(() => stop.abort(), LISTEN_MS);
  };
  const loudest$ = microphone({ ...deviceOption(device), stop: stop.signal, maxAbsence: 0, onOpen }).pipe(
    map(levelOf),
    scan((loudest, db) => Math.max(loudest, db), SILENCE_DB),
    timeout(TIMEOUT_MS),
  );
  try {
    const db = await lastValueFrom(loudest$, { defaultValue: SILENCE_DB });
    if (recorded && isMonitor(recorded) && device === undefined) {
      const found = `the default is no microphone: ${recorded.name} records what this machine plays`;
      return { check: 'level', ok: false, found, advice: 'connect a microphone, or choose one with --device' };
    }
    const from = recorded ? `, recorded from ${recorded.name}` : '';
    if (db > MUTED_DB) return { check: 'level', ok: true, found: `${db.toFixed(0)} dBFS at the loudest${from}` };
    const advice =
      'check that the microphone is not muted, that this program may use it, and that it is the right one (--device)';
    return { check: 'level', ok: false, found: `only silence for a second${from}`, advice };
  } catch (error) {
    return failed('level', error);
  }
}

function failed(check: Finding['check'], error: unknown, advice?: string): Finding {
  const found = error instanceof Error ? error.message : String(error);
  return { check, ok: false, found, ...(advice !== undefined && { advice }) };
}

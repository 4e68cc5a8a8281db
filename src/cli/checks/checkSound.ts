import { lastValueFrom, map, scan, timeout } from 'rxjs';
import { microphone } from '../../audio/microphone.ts';
import { inspectAudio } from '../../audio/childRecorder.ts';
import { recorderFailure } from '../../audio/recorder.ts';
import { deviceOption } from '../flags/deviceFlags.ts';
import type { Finding } from './finding.ts';
import { SILENCE_DB, levelOf } from '../terminal/level.ts';

/** How long to record, and how long to wait for that, in milliseconds. */
const LISTEN_MS = 1000;
const TIMEOUT_MS = 6000;
/** A microphone that is on is louder than this even in a quiet room, in dBFS. */
const MUTED_DB = -75;

/** Checks the addon, the devices and the level of one; stops at the first that fails. */
export async function checkSound(
  device: number | string | undefined,
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
    const { decibri, audioBackend } = (await inspectAudio()).version;
    return { check: 'addon', ok: true, found: `decibri ${decibri}, ${audioBackend}` };
  } catch (error) {
    return failed('addon', error, 'recordings and raw PCM work without it, unless they are to be conditioned');
  }
}

async function checkDevices(): Promise<Finding> {
  try {
    const found = (await inspectAudio()).devices.filter(({ maxInputChannels }) => maxInputChannels > 0);
    if (found.length === 0) {
      const advice = 'connect a microphone, and check that the sound server runs';
      return { check: 'devices', ok: false, found: 'no input device', advice };
    }
    const name = found.find(({ isDefault }) => isDefault)?.name;
    const which = name === undefined ? 'none is the default' : `the default is ${name}`;
    return { check: 'devices', ok: true, found: `${found.length} to record from, ${which}` };
  } catch (error) {
    return failed('devices', recorderFailure(error));
  }
}

/** Records for a second and reports its loudest 100 ms. */
async function checkLevel(device: number | string | undefined): Promise<Finding> {
  const stop = new AbortController();
  const onOpen = (): void => void setTimeout(() => stop.abort(), LISTEN_MS);
  const loudest$ = microphone({ ...deviceOption(device), stop: stop.signal, maxAbsence: 0, onOpen }).pipe(
    map(levelOf),
    scan((loudest, db) => Math.max(loudest, db), SILENCE_DB),
    timeout(TIMEOUT_MS),
  );
  try {
    const db = await lastValueFrom(loudest$, { defaultValue: SILENCE_DB });
    if (db > MUTED_DB) return { check: 'level', ok: true, found: `${db.toFixed(0)} dBFS at the loudest` };
    const advice =
      'check that the microphone is not muted, that this program may use it, and that it is the right one (--device)';
    return { check: 'level', ok: false, found: 'only silence for a second', advice };
  } catch (error) {
    return failed('level', error);
  }
}

function failed(check: Finding['check'], error: unknown, advice?: string): Finding {
  const found = error instanceof Error ? error.message : String(error);
  return { check, ok: false, found, ...(advice !== undefined && { advice }) };
}

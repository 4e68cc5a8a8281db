import { lastValueFrom, map, scan, timeout } from 'rxjs';
import { microphone } from '../../audio/microphone.ts';
import { loadDecibri } from '../../audio/loadDecibri.ts';
import { recorderFailure } from '../../audio/recorder.ts';
import { deviceOption } from '../flags/deviceFlags.ts';
import type { Finding } from './runChecks.ts';
import { SILENCE_DB, levelOf } from '../terminal/level.ts';

/** How long the microphone is listened to, and how long all of that may take, in milliseconds. */
const LISTEN_MS = 1000;
const PATIENCE_MS = 6000;
/** Below this nobody speaks into a microphone that is on, in dBFS. */
const DEAD_DB = -75;

/** Checks the addon, the devices, and the level of one: each needs the one before. */
export async function examineSound(
  device: number | string | undefined,
  tell: (finding: Finding) => void,
): Promise<void> {
  const addon = await examineAddon();
  tell(addon);
  if (!addon.ok) return;
  const devices = await examineDevices();
  tell(devices);
  if (devices.ok) tell(await examineLevel(device));
}

async function examineAddon(): Promise<Finding> {
  try {
    const { Microphone } = await loadDecibri('microphone');
    const { decibri, audioBackend } = Microphone.version();
    return { check: 'addon', ok: true, found: `decibri ${decibri}, ${audioBackend}` };
  } catch (error) {
    return failed('addon', error, 'recordings that are 16-bit mono WAV, and raw PCM, work without');
  }
}

async function examineDevices(): Promise<Finding> {
  try {
    const { Microphone } = await loadDecibri('microphone');
    const found = Microphone.devices().filter(({ maxInputChannels }) => maxInputChannels > 0);
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

/** Listens for a second, and takes the loudest tenth of it. */
async function examineLevel(device: number | string | undefined): Promise<Finding> {
  const stop = new AbortController();
  const onOpen = (): void => void setTimeout(() => stop.abort(), LISTEN_MS);
  const loudest$ = microphone({ ...deviceOption(device), stop: stop.signal, maxAbsence: 0, onOpen }).pipe(
    map(levelOf),
    scan((loudest, db) => Math.max(loudest, db), SILENCE_DB),
    timeout(PATIENCE_MS),
  );
  try {
    const db = await lastValueFrom(loudest$, { defaultValue: SILENCE_DB });
    if (db > DEAD_DB) return { check: 'level', ok: true, found: `${db.toFixed(0)} dBFS at the loudest` };
    const advice =
      'check that the microphone is not muted, is allowed to this program, and is the one you mean (--device)';
    return { check: 'level', ok: false, found: 'nothing but silence for a second', advice };
  } catch (error) {
    return failed('level', error);
  }
}

function failed(check: Finding['check'], error: unknown, advice?: string): Finding {
  const found = error instanceof Error ? error.message : String(error);
  return { check, ok: false, found, ...(advice !== undefined && { advice }) };
}

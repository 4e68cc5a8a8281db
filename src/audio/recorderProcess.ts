// The process that records. Native audio code can hang, spin or abort, and only another process can be abandoned then.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Microphone } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import { chosenDevice } from './chosenDevice.ts';
import { errorDetails } from './errorDetails.ts';
import { loadDecibri } from './loadDecibri.ts';
import type { InputDevice, RecorderOptions } from './recorder.ts';
import type { RecorderReport, RecorderRequest } from './recorderMessages.ts';
import { chooseSource, recordedSource, soundServerDevice, soundSources, watchSource } from './soundServer.ts';
import type { SoundSource } from './soundServer.ts';

/** How long to wait for the first chunk before the source is looked up, in milliseconds. */
const FIRST_CHUNK_MS = 1000;

let recorder: Microphone | undefined;

const report = (message: RecorderReport): void => void process.send?.(message);

/** An orderly exit would wait for native threads that may hang. */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A terminal sends these to all of its processes, but only the parent decides when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.on('message', (request: RecorderRequest) => {
  handle(request).catch((error: unknown) => {
    const isOwn = error instanceof TranscriptionError;
    report({ type: 'error', error: { ...errorDetails(error), isOwn } });
  });
});

async function handle(request: RecorderRequest): Promise<void> {
  if (request.type === 'open') await open(request.options);
  else if (request.type === 'list') await list();
  else if (request.type === 'stop')
    setImmediate(() => recorder?.stop()); // see `finish` in capture.ts
  else recorder?.pushAecReference(Buffer.from(request.data));
}

async function list(): Promise<void> {
  const { Microphone } = await loadDecibri('microphone');
  const devices = Microphone.devices();
  const sources = await soundSources(devices);
  report({
    type: 'listed',
    devices: [...devices, ...sources.map(({ device }) => device)],
    version: Microphone.version(),
  });
}

async function open(options: RecorderOptions): Promise<void> {
  const { Microphone } = await loadDecibri('microphone');
  const devices = Microphone.devices();
  const sources = await soundSources(devices);
  const listed = chosenDevice([...devices, ...sources.map(({ device }) => device)], options.device);
  const source = sources.find(({ device }) => device === listed);
  const opened = await Microphone.open(mutable({ ...options, ...deviceToOpen(devices, options, listed, source) }));
  recorder = opened;
  const early: RecorderReport[] = [];
  let isReported = false;
  const emit = (message: RecorderReport): void => (isReported ? report(message) : void early.push(message));
  opened.on('error', (error) => emit({ type: 'error', error: { ...errorDetails(error), isOwn: false } }));
  opened.on('end', () => emit({ type: 'end' }));
  opened.on('speech', () => emit({ type: 'speech' }));
  opened.on('silence', () => emit({ type: 'silence' }));
  opened.on('data', (chunk) => {
    const { vadScore, overrunCount } = opened;
    emit({ type: 'data', chunk, vadScore, overrunCount, aecMetrics: opened.aecMetrics() });
  });
  const recorded = sources.length > 0 ? await sourceOf(opened, sources) : undefined;
  if (source) requireSource(source, recorded);
  report({ type: 'opened', device: options.device === undefined ? (recorded?.device ?? listed) : listed });
  isReported = true;
  for (const message of early) report(message);
  if (source) failWithout(source);
}

/** What decibri is asked to open: the sound server's ALSA device if one of its sources is chosen. */
function deviceToOpen(
  devices: readonly InputDevice[],
  { device }: RecorderOptions,
  listed: InputDevice | undefined,
  source: SoundSource | undefined,
): Pick<RecorderOptions, 'device'> {
  const server = source && soundServerDevice(devices);
  if (server) chooseSource(source);
  if (server ?? listed) return device === undefined ? {} : { device: { id: (server ?? listed)?.id ?? '' } };
  return device === undefined ? {} : { device };
}

/** The source that is recorded, which is known from the first chunk on. */
async function sourceOf(opened: Microphone, sources: readonly SoundSource[]): Promise<SoundSource | undefined> {
  await Promise.race([once(opened, 'data'), setTimeout(FIRST_CHUNK_MS, undefined, { ref: false })]);
  const recorded = await recordedSource();
  return sources.find(({ number }) => number === recorded);
}

/** The plugin ignores the choice if it is not one of the sound server, or too old. */
function requireSource({ device }: SoundSource, recorded: SoundSource | undefined): void {
  if (recorded?.device.id === device.id) return;
  const instead = recorded === undefined ? 'another device' : `"${recorded.device.name}"`;
  throw new TranscriptionError(
    'microphone',
    `microphone: the system recorded ${instead} instead of "${device.name}"; make it the default of the sound server, and leave out the device`,
  );
}

/** A source that is unplugged ends the recording: the sound server would continue with another one. */
function failWithout(source: SoundSource): void {
  const { device, number } = source;
  const fail = (): void =>
    report({
      type: 'error',
      error: { message: `"${device.name}" was disconnected`, code: 'DEVICE_FAILED', isOwn: false },
    });
  const check = async (): Promise<void> => {
    const recorded = await recordedSource();
    if (recorded !== undefined && recorded !== number) fail();
  };
  watchSource(source, fail, () => void check());
}

/** decibri declares its options as mutable. It has to be given the channels, because it refuses to choose some of more. */
function mutable({ channelMap, ...options }: RecorderOptions): NonNullable<Parameters<typeof Microphone.open>[0]> {
  const { channels = 1 } = options;
  const chosen = channels > 1 ? Array.from({ length: channels }, (_, channel) => channel) : channelMap;
  return { ...options, ...(chosen && { channelMap: [...chosen] }) };
}

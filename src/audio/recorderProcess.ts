// The process that records. Native audio code can hang, spin or abort, and only another process can be abandoned then.
import type { Microphone } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import { chosenDevice } from './chosenDevice.ts';
import { errorDetails } from './errorDetails.ts';
import { loadDecibri } from './loadDecibri.ts';
import type { RecorderOptions } from './recorder.ts';
import type { RecorderReport, RecorderRequest } from './recorderMessages.ts';

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
  const decibri = await loadDecibri('microphone');
  const version = decibri.Microphone.version();
  report({ type: 'listed', devices: decibri.Microphone.devices(), version });
}

async function open(options: RecorderOptions): Promise<void> {
  const decibri = await loadDecibri('microphone');
  const listed = options.device === undefined ? undefined : chosenDevice(decibri.Microphone.devices(), options.device);
  const opened = await decibri.Microphone.open(mutable(listed ? { ...options, device: { id: listed.id } } : options));
  recorder = opened;
  opened.on('error', (error) => report({ type: 'error', error: { ...errorDetails(error), isOwn: false } }));
  opened.on('end', () => report({ type: 'end' }));
  opened.on('speech', () => report({ type: 'speech' }));
  opened.on('silence', () => report({ type: 'silence' }));
  opened.on('data', (chunk) => {
    const { vadScore, overrunCount } = opened;
    report({ type: 'data', chunk, vadScore, overrunCount, aecMetrics: opened.aecMetrics() });
  });
  // The list takes a while, so the default device is looked up while it records.
  const device =
    listed ?? (options.device === undefined ? chosenDevice(decibri.Microphone.devices(), undefined) : undefined);
  report({ type: 'opened', device });
}

/** decibri declares its options as mutable. */
function mutable({ channelMap, ...options }: RecorderOptions): NonNullable<Parameters<typeof Microphone.open>[0]> {
  return { ...options, ...(channelMap && { channelMap: [...channelMap] }) };
}

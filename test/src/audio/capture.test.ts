import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, it, expect } from '@jest/globals';
import { PULSE_DEVICE, SILENT, SILENT_DEVICE, startPulse, pulseSkipReason } from '../../support/pulse.ts';
import type { Pulse } from '../../support/pulse.ts';
import { loudness, tone, wav } from './recordings.ts';

/** The built source, for programs that run in a process of their own. */
const MICROPHONE = new URL('../../../dist/src/audio/microphone.js', import.meta.url).href;

/** Records until standard input ends: audio to standard output, a line per event to standard error. */
const RECORD = `
  import { Subject } from 'rxjs';
  import { microphone } from '${MICROPHONE}';
  const stop = new Subject();
  let bytes = 0;
  process.stdin.resume().once('end', () => { console.error('stop', bytes); stop.next(); });
  microphone({ stop, vad: 'energy', onOpen: (recorder) => {
    console.error('open');
    recorder.on('speech', () => console.error('speech', recorder.overrunCount));
  } }).subscribe({
    next: (chunk) => { bytes += chunk.length; process.stdout.write(chunk); },
    error: (error) => console.error('error', error.code, error.message),
    complete: () => console.error('complete', bytes),
  });
`;

/** Unsubscribes at the first chunk, while the device delivers. */
const LEAVE = `
  import { take } from 'rxjs';
  import { microphone } from '${MICROPHONE}';
  microphone().pipe(take(1)).subscribe((chunk) => console.error('chunk', chunk.length));
`;

/** Opens a device that does not exist. */
const ABSENT = `
  import { microphone } from '${MICROPHONE}';
  microphone({ device: 'no such device' }).subscribe({ error: (error) =>
    console.error(error.code, error.retryable, error.cause.code, error.message) });
`;

/** Records the microphone that is always silent; a line per event, and at the end how many whole seconds were loud. */
const RECORD_SILENT = `
  import { microphone } from '${MICROPHONE}';
  let loud = 0;
  const stop = new AbortController();
  process.stdin.resume().once('end', () => stop.abort());
  microphone({
    device: '${SILENT_DEVICE}',
    stop: stop.signal,
    onOpen: ({ device }) => console.error('open', device.name, device.id),
    onLost: ({ message }) => console.error('lost', message),
  }).subscribe({
    next: (chunk) => {
      for (let at = 0; at < chunk.length; at += 2) if (Buffer.from(chunk.buffer).readInt16LE(at) > 100) loud += 1 / 16_000;
    },
    error: (error) => console.error('error', error.message),
    complete: () => console.error('loud', Math.floor(loud)),
  });
`;

const DEVICES = `
  import { inspectAudio } from '${MICROPHONE.replace('microphone.js', 'childRecorder.js')}';
  const { devices, version } = await inspectAudio();
  for (const device of devices) console.error(device.name, device.isDefault);
  console.error(version.decibri);
`;

/** Ends the process that records with a signal, as native code can; then waits for the device to be back. */
const CRASH = (signal: string): string => `
  import { readFileSync } from 'node:fs';
  import { microphone } from '${MICROPHONE}';
  let opened = 0;
  const subscription = microphone({
    onLost: ({ message }) => console.error('lost', message),
    onOpen: ({ device }) => {
      opened += 1;
      console.error('open', device.name);
      if (opened === 2) return void setImmediate(() => subscription.unsubscribe());
      const [pid] = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').split(' ');
      process.kill(Number(pid), '${signal}');
    },
  }).subscribe();
`;

const skipped = await pulseSkipReason();
if (skipped) {
  process.stderr.write(`skipping the capture tests: ${skipped}\n`);
}
const describeWithPulse = skipped ? describe.skip : describe;

/** Runs a program: its audio, its lines as they arrive, and its exit code. */
function program(source: string, { env }: Pulse) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { env });
  const lines: string[] = [];
  const reader = createInterface(child.stderr).on('line', (line) => lines.push(line));
  const line = async (beginning: string, count = 1): Promise<void> => {
    while (lines.filter((seen) => seen.startsWith(beginning)).length < count) {
      // oxlint-disable-next-line no-await-in-loop -- one line after another
      await once(reader, 'line');
    }
  };
  const closed = once(child, 'close');
  return {
    lines,
    line,
    audio: buffer(child.stdout),
    stop: () => child.stdin.end(),
    exit: async () => (await closed)[0],
  };
}

describeWithPulse('microphone, with a real device', () => {
  let pulse: Pulse;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxscribe-capture-'));
    pulse = await startPulse();
  });
  afterAll(async () => {
    await pulse.close();
    await rm(folder, { recursive: true });
  });

  it('is in the list of devices, as the default', async () => {
    const { lines, exit } = program(DEVICES, pulse);
    expect(await exit()).toBe(0);
    expect(lines).toContain(`${PULSE_DEVICE} true`);
    expect(lines).toContain(`${SILENT_DEVICE} false`);
  });

  it('emits what is played, and on stop the rest, then completes', async () => {
    const path = join(folder, 'tone.wav');
    await writeFile(path, wav(tone(1000)));
    const { lines, line, audio, stop, exit } = program(RECORD, pulse);
    await line('open');
    await pulse.play(path);
    stop();
    expect(await exit()).toBe(0);
    const recorded = await audio;
    expect(lines).toContainEqual(expect.stringMatching(/^speech \d+$/)); // a busy machine may have lost some
    expect(lines.at(-1)).toBe(`complete ${recorded.length}`);
    expect(recorded.length).toBeGreaterThan(Number(lines.find((seen) => seen.startsWith('stop'))?.slice(5)));
    // half of the tone or more, at the level that was played; a busy machine loses some before it is recorded
    const loud = slices(recorded).filter((slice) => Math.abs(loudness(slice) - loudness(tone(100))) < 0.02);
    expect(loud.length).toBeGreaterThanOrEqual(50);
  });

  it('records the chosen source of the sound server, and no other one after it was unplugged', async () => {
    const path = join(folder, 'loud.wav');
    await writeFile(path, wav(tone(3000)));
    const { lines, line, stop, exit } = program(RECORD_SILENT, pulse);
    await line(`open ${SILENT_DEVICE} pulse:silent`);
    const played = pulse.play(path);
    await pulse.control('unload-module', SILENT[0]);
    await line('lost');
    await played;
    await pulse.control('load-module', ...SILENT);
    await line('open', 2);
    stop();
    expect(await exit()).toBe(0);
    expect(lines).toEqual([
      `open ${SILENT_DEVICE} pulse:silent`,
      expect.stringMatching(/^lost microphone: .*; check that the device is still connected$/),
      `open ${SILENT_DEVICE} pulse:silent`,
      'loud 0', // of 3 s; what was recorded before the change was noticed is less than one
    ]);
  });

  it('releases the device on unsubscribe, so that the process ends', async () => {
    const { lines, exit } = program(LEAVE, pulse);
    expect(await exit()).toBe(0);
    expect(lines).toEqual(['chunk 3200']);
  });

  it.each([
    ['SIGABRT', /^lost microphone: the recorder process was ended by SIGABRT; check that the sound server runs$/],
    ['SIGSTOP', /^lost microphone: the device delivered nothing for 2 s, without an error; check that/],
  ])('opens the device again after %s of native code, and ends', async (signal, message) => {
    const { lines, exit } = program(CRASH(signal), pulse);
    expect(await exit()).toBe(0);
    expect(lines).toEqual([`open ${PULSE_DEVICE}`, expect.stringMatching(message), `open ${PULSE_DEVICE}`]);
  });

  it('names the device that does not exist', async () => {
    const { lines, exit } = program(ABSENT, pulse);
    expect(await exit()).toBe(0);
    expect(lines).toEqual([
      'ERR_MICROPHONE false MICROPHONE_NOT_FOUND microphone: No microphone found matching "no such device"; ' +
        'choose one of the input devices, as `rxscribe devices` lists them',
    ]);
  });
});

/** Cuts a recording at 16 kHz into 10 ms each. */
function slices(recording: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(recording.length / 320) }, (_, index) =>
    recording.subarray(index * 320, index * 320 + 320),
  );
}

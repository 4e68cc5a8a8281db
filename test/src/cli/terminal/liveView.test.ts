import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundledRecording } from '../../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../../src/simulator/index.ts';
import { MAIN } from '../../../support/cli.ts';
import { startPulse, pulseSkipReason } from '../../../support/pulse.ts';
import type { Pulse } from '../../../support/pulse.ts';
import { openScreen, withoutTmux } from '../../../support/tmux.ts';
import type { Screen } from '../../../support/tmux.ts';
import { openViewer } from '../../page/viewer.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

const skipped = await withoutTmux();
if (skipped) process.stderr.write(`skipping the tests of the terminal view: ${skipped}\n`);
const describeOnScreen = skipped ? describe.skip : describe;
const silent = skipped ?? (await pulseSkipReason());
if (silent && !skipped) process.stderr.write(`skipping the tests of keys with a device: ${silent}\n`);
const describeWithPulse = silent ? describe.skip : describe;

let service: Simulator;
let screen: Screen;

const trust = (): NodeJS.ProcessEnv => ({
  ...keyOf(service),
  NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
});

/** The line at the end of a live view. */
const SUMMARY = /^rxscribe: 0:24 of audio, 53 words, sessions were open for 0:\d\d$/;

/** A view whose lines do not change: at a change just before the program learns of a new size, it would draw for the old one. */
const VIEW = `
  import { LiveView } from '${new URL('../../../../dist/src/cli/terminal/liveView.js', import.meta.url).href}';
  const view = new LiveView(process.stdout, (columns) => ({ state: 'live', text: 'status '.repeat(20).slice(0, columns) }));
  view.line('final');
  view.partial({ settled: 'partial partial ', open: 'partial' });
  process.stdin.resume();
`;

interface OpenOptions extends SimulatorOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly size?: [columns: number, rows: number];
  /** An environment variable to write before the command. */
  readonly setting?: string;
}

/** Runs the program on a terminal, with a local service. */
const open = async (args: string, { env = {}, size, setting = '', ...options }: OpenOptions = {}): Promise<void> => {
  service = await startService(options);
  const command = `${setting} '${process.execPath}' '${MAIN}' ${args} --url ${service.url}`;
  screen = await openScreen(command, { ...trust(), ...env }, size);
};

const close = async (): Promise<void> => {
  await screen.close();
  await service.close();
};

describeOnScreen('the terminal view', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-view-'));
  });

  afterEach(async () => {
    await close();
    await rm(dir, { recursive: true });
  });

  it('scrolls finals, rewrites the partial and the status below, and leaves only finals', async () => {
    const [first, second] = await sentences();
    await open(`file '${WAV}' --speed 2`);
    const dimmed = await screen.shows(/^.\[2mYour micro/m, true);
    const midway = dimmed.map((line) => stripVTControlCharacters(line));
    expect(midway[0]).toBe(first);
    expect(second).toContain(midway[1]!.replace(/~?$/, ''));
    expect(midway[2]).toMatch(
      /^● live {2}0:\d\d of 0:24 {2}0:\d\d left {2}\d\.\dx {2}\d+\.\d s behind {2}q ends {2}m marks$/,
    );

    const end = await screen.shows(/exit 0/);
    expect(end.slice(0, -1)).toEqual([...(await sentences()), expect.stringMatching(SUMMARY), 'exit 0']);
  });

  it('shows the address of the captions page for other machines as a QR code', async () => {
    await open(`file '${WAV}' --captions 0 --captions-host 0.0.0.0`, { size: [100, 50] });
    const lines = await screen.shows(/captions at [^]*choose their style[^]* live /);
    const code = lines.filter((line) => /^ *[█▀▄][█▀▄ ]{20,}$/.test(line));
    expect(code.length).toBeGreaterThan(15);
    expect(new Set(code.map((line) => line.length)).size).toBe(1);
  });

  it('fits the partial and the status to a small terminal, and to a new size', async () => {
    await open(`file '${WAV}' --speed 2`, { size: [24, 8] });
    const narrow = await screen.shows(/^text, word/m);
    expect(narrow.filter((line) => line.length > 24)).toEqual([]);
    expect(narrow).toContainEqual(expect.stringMatching(/^● live {2}0:0\d of 0:24$/));
    await screen.resize(60, 8);
    await screen.shows(/left/);
    await screen.resize(16, 8);
    await screen.shows(/^● live$/m);
    await screen.resize(60, 24);

    const end = await screen.shows(/exit 0/);
    // a terminal that becomes narrower wraps its lines before the program is notified, and may scroll some up for good
    const text = end.join(' ');
    const missing = (await sentences()).filter((sentence) => !text.includes(sentence));
    expect(missing).toEqual([]);
    expect(end.slice(0, -1).at(-1)).toBe('exit 0');
  });

  it('leaves no partial behind when the terminal becomes narrower', async () => {
    const program = join(dir, 'view.mjs');
    await writeFile(program, VIEW);
    screen = await openScreen(`seq 20; '${process.execPath}' '${program}'`, {}, [80, 12]);
    await screen.shows(/^final\npartial/m);
    for (const columns of [50, 30, 20]) {
      // oxlint-disable no-await-in-loop -- one size after another
      await screen.resize(columns, 12);
      await screen.shows(new RegExp(`^● .{${columns - 3}}$`, 'm'));
      // oxlint-enable no-await-in-loop
    }

    expect((await screen.lines()).slice(-4)).toEqual([
      'final',
      'partial partial',
      'partial',
      `● ${'status '.repeat(3).slice(0, 17)}`,
    ]);
    service = await startService();
  });

  it('shows buffered audio while reconnecting, and the reconnection', async () => {
    await open(`file '${WAV}' --speed 2`, {
      faults: [{ fault: 'reset', atMs: 2500 }],
      beginDelayMs: 2000,
    });
    await screen.shows(/exit 0/);

    const [before = '', after = ''] = (await screen.written()).split('rxscribe: reconnected after');
    expect(before).toMatch(/reconnecting, \d\.\d s buffered/);
    expect(after).toMatch(/live {2}0:\d\d of/);
    expect(after).not.toContain('buffered');
  });

  it.each(['NO_COLOR=1', 'TERM=dumb', 'RXSCRIBE_PLAIN=1'])('appends lines only with %s', async (setting) => {
    await open(`file '${WAV}' --speed max`, { setting });
    const end = await screen.shows(/exit 0/);

    expect(end.slice(0, -1)).toEqual([...(await sentences()), 'exit 0']);
    expect((await screen.lines(true)).join('\n')).not.toContain('\u001b[2m');
  });

  it('restores the terminal at Ctrl-Z and at the end; m marks a chapter and q ends', async () => {
    const path = join(dir, 'talk');
    await open(`file '${WAV}' -o '${path}.md' -o '${path}.vtt'`);
    await screen.shows(/ live /);
    await screen.press('C-z');
    const away = await screen.shows(/Stopped/);
    expect(away.join('\n')).not.toContain(' live ');
    await screen.press('-l', 'stty -a | grep -o .icanon; fg');
    await screen.press('Enter');
    await screen.shows(/ live /);
    await screen.press('m');
    await screen.shows(/rxscribe: marked 0:\d\d/);
    await screen.press('q');
    await screen.shows(/rxscribe: stopping/);
    await screen.shows(/rxscribe: 0:\d\d of audio, \d+ words?, [^]*wrote[^]*talk\.vtt\n\$ ?$/);
    await screen.press('-l', 'clear; stty -a | grep -o .icanon');
    await screen.press('Enter');
    await screen.shows(/^ ?icanon/m);
    expect(service.sessions[0]).toMatchObject({ endedBy: 'terminate' });
    expect(await readFile(`${path}.md`, 'utf8')).toMatch(/^## 00:00:\d\d$/m);
    expect(await readFile(`${path}.vtt`, 'utf8')).toMatch(/^NOTE chapter 00:00:\d\d\.\d{3}$/m);
  });

  it('measures wide characters and emoji correctly', async () => {
    const recording = await bundledRecording();
    const words = recording.words.map((word, at) => ({ ...word, text: at % 4 === 3 ? '世界🚀。' : 'こんにちは' }));
    await open(`file '${WAV}' --speed 3`, { size: [22, 8], recordings: [{ ...recording, words }] });
    const midway = await screen.shows(/こんにちは こんにちは[^]*● live/);
    expect(midway.at(-1)).toMatch(/^● live {2}0:0\d/);

    const end = await screen.shows(/exit 0/);
    expect(end.filter((line) => /● live|…/.test(line))).toEqual([]);
    const shown = end
      .join('')
      .replaceAll(' ', '')
      .replace(/rxscribe:.*$/s, '');
    expect(shown).toBe(words.map(({ text }) => text).join(''));
  });

  it('restores the terminal after a crash', async () => {
    const now = join(dir, 'now');
    const crash = `setInterval(() => {
      if (process.getBuiltinModule('node:fs').existsSync(${JSON.stringify(now)})) throw new Error('boom');
    }, 50)`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` };
    await open(`file '${WAV}'`, { env });
    await screen.shows(/ live /);
    await writeFile(now, '');
    const end = await screen.shows(/Error: boom[^]*exit 1/);
    expect(end.join('\n')).not.toContain(' live ');
    await screen.press('-l', 'clear; stty -a | grep -o .icanon');
    await screen.press('Enter');
    await screen.shows(/^ ?icanon/m);
  });
});

describeWithPulse('the keys of rxscribe listen', () => {
  let pulse: Pulse;

  afterEach(async () => {
    await close();
    await pulse.close();
  });

  it('pause without sending, resume, end a turn, and end the transcription', async () => {
    pulse = await startPulse();
    await open('listen --captions 0', { env: pulse.env });
    const live = await screen.shows(/Listening[^]* live /);
    const [, page = ''] = /captions at (http:\S+)/.exec(live.join('\n')) ?? [];
    const viewer = await openViewer(page);
    expect(live.join('\n')).toMatch(/rxscribe: Listening.*; Ctrl-C ends/);
    expect(live.join('\n')).toMatch(/● live {2}0:0\d {2}[█░]{12} +-\d+ dB/);
    const played = pulse.play(WAV).catch(() => undefined);
    await screen.shows(/█/);
    await screen.shows(/^\[speech/m);
    await screen.press('Enter');
    await screen.press('Space');
    const paused = await screen.shows(/paused, nothing is sent/);
    await viewer.sees(({ status }) => status === 'paused');
    await screen.press('m');
    await screen.shows(/marked/);
    const sent = service.sessions[0]!.audioMs;
    await screen.press('m');
    await screen.shows(/marked[^]*marked/);
    expect(service.sessions[0]!.audioMs).toBe(sent);
    expect(paused.join('\n')).not.toContain('dB');
    await screen.press('Space');
    await screen.shows(/ live /);
    await viewer.sees(({ status }) => status === 'live');
    viewer.leave();
    await screen.press('C-c');
    await screen.shows(/stopping[^]*(exit 0|\n\$ ?$)/);
    expect(service.sessions[0]).toMatchObject({ endedBy: 'terminate' });
    expect(service.sessions[0]!.controls.filter((message) => isForce(message))).toHaveLength(2);
    expect(service.violations).toEqual([]);
    void played;
  });
});

function isForce(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ForceEndpoint';
}

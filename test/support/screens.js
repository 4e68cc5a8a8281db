// Makes the pictures of the terminal anew, from the built program on a terminal of tmux: a microphone that plays the demo
// recording, and the local service. Run by hand, node test/support/screens.js, when the terminal looks different.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import stringWidth from 'string-width';
import { startSimulator } from '../../dist/src/simulator/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/src/cli/main.js');
const recording = join(root, 'src/simulator/recording/demo.wav');
const fakes = join(root, 'test/support/preloadFakes.js');
const TIMEOUT_MS = 60_000;
const DEVICE = {
  index: 0,
  name: 'Built-in Microphone',
  id: 'coreaudio:built-in',
  maxInputChannels: 1,
  defaultSampleRate: 48_000,
  isDefault: true,
};

const CELL = { width: 8.4, height: 19 };
const PADDING = 14;
const FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
/** The colours of a terminal with a dark background, which is part of the picture, so that it suits light and dark pages. */
const COLOURS = { 31: '#ff7b72', 32: '#56d364', 33: '#e3b341' };

/** One picture: a command, and the steps until it is taken, which wait for text or press a key. */
const SCENES = [
  { name: 'live-80', size: [80, 10], command: 'rxscribe', steps: [/And when/] },
  { name: 'live-40', size: [40, 14], command: 'rxscribe', steps: [/And when/] },
  { name: 'live-200', size: [200, 10], command: 'rxscribe', steps: [/And when/] },
  { name: 'paused', size: [80, 6], command: 'rxscribe', steps: [/keep up/, 'Space', /paused/] },
  { name: 'reconnecting', size: [80, 6], command: 'rxscribe', steps: [/buffered/, 1500], resetAtMs: 6000 },
  { name: 'unreachable', size: [80, 6], command: 'rxscribe listen --url wss://localhost:9', steps: [/attempt [3-9]/] },
  { name: 'end', size: [80, 12], command: 'rxscribe -o talk.srt --record talk.wav', steps: [/wrote/] },
];

for (const scene of SCENES) {
  // oxlint-disable-next-line no-await-in-loop -- one terminal after another
  const lines = await screenOf(scene);
  writeFileSync(join(root, 'docs/pictures', `terminal-${scene.name}.svg`), svgOf(lines, scene.size[0]));
  console.log(`${scene.name}\n${lines.join('\n')}\n`);
}
process.exit();

/** Runs a command and returns the lines of its screen, with escape sequences. */
async function screenOf({ size: [columns, rows], command, steps, resetAtMs }) {
  const dir = mkdtempSync(join(tmpdir(), 'rxscribe-screens-'));
  const simulator = await startSimulator({
    ...(resetAtMs && { faults: [{ fault: 'reset', atMs: resetAtMs }], beginDelayMs: 3000 }),
  });
  const tmux = (...args) =>
    execFileSync('tmux', ['-u', '-S', join(dir, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
  try {
    const env = {
      NODE_EXTRA_CA_CERTS: simulator.caFile,
      ASSEMBLYAI_API_KEY: simulator.apiKey,
      NODE_OPTIONS: `--import=${fakes}`,
      TEST_DEVICES: JSON.stringify([DEVICE]),
      TEST_MICROPHONES: JSON.stringify({ '': recording }),
      RXSCRIBE_TEST_SERVICE: new URL(simulator.url).port,
    };
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const shell = `PS1='$ ' exec bash --norc --noprofile -i`;
    tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, ...variables, '-c', dir, shell);
    tmux('send-keys', '-l', `rxscribe() { '${process.execPath}' '${main}' "$@"; }; clear`);
    tmux('send-keys', 'Enter');
    await setTimeout(500);
    tmux('send-keys', '-l', command);
    tmux('send-keys', 'Enter');
    for (const step of steps) {
      if (typeof step === 'string') tmux('send-keys', step);
      // oxlint-disable-next-line no-await-in-loop -- one step after another
      else if (typeof step === 'number') await setTimeout(step);
      // oxlint-disable-next-line no-await-in-loop -- one step after another
      else await appears(step, () => tmux('capture-pane', '-p'));
    }
    return tmux('capture-pane', '-p', '-e').trimEnd().split('\n');
  } finally {
    tmux('kill-server');
    await simulator.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function appears(pattern, capture) {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!pattern.test(capture())) {
    if (performance.now() > deadline) throw new Error(`${pattern} did not appear, but:\n${capture()}`);
    // oxlint-disable-next-line no-await-in-loop -- polls the screen
    await setTimeout(50);
  }
}

function svgOf(lines, columns) {
  const [width, height] = [columns * CELL.width + 2 * PADDING, lines.length * CELL.height + 2 * PADDING];
  const rows = lines.flatMap((line, row) => runsOf(line).map((run) => textOf(run, row)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(1)} ${height}" width="${width.toFixed(0)}" font-family="${FONT}" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#161b22" stroke="#30363d"/>
${rows.join('\n')}
</svg>
`;
}

/** The pieces of a line that look the same, each with its column. */
function runsOf(line) {
  const runs = [];
  let [column, dim, colour] = [0, false, undefined];
  const [first, ...others] = line.split('\u001b[');
  for (const part of [`m${first}`, ...others]) {
    const [, codes = '', text = ''] = /^([\d;]*)m(.*)$/.exec(part) ?? [];
    for (const code of codes.split(';').map(Number)) {
      if (code === 0 || code === 22) dim = false;
      if (code === 0 || code === 39) colour = undefined;
      if (code === 2) dim = true;
      if (code in COLOURS) colour = COLOURS[code];
    }
    runs.push({ text, column, fill: colour ?? (dim ? '#8b949e' : '#e6edf3') });
    column += stringWidth(text);
  }
  return runs.filter((run) => run.text.trim() !== '');
}

/** The length is given because fonts differ in the width of their characters. */
function textOf({ text, column, fill }, row) {
  const x = (PADDING + column * CELL.width).toFixed(1);
  const y = (PADDING + (row + 0.75) * CELL.height).toFixed(1);
  const length = (stringWidth(text) * CELL.width).toFixed(1);
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" fill="${fill}" textLength="${length}" xml:space="preserve">${escaped}</text>`;
}

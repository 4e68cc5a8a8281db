// Start-up times, and the bundle size of each entry.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digits, interleave, ratio, spread, summary } from './measure.js';

export const title = 'start-up time and bundle sizes';
export const targets =
  '`rxscribe --help` within 1.2 times a process that imports yargs; `rxscribe/operators` under 3 kB gzipped without rxjs.';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = 'dist/src/cli/main.js';
const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { words } = JSON.parse(readFileSync(join(ROOT, 'dist/src/simulator/recording/demo.json'), 'utf8'));

const imports = (specifier) => ['--input-type=module', '--eval', `await import('${specifier}')`];
const ENTRIES = Object.keys(exports)
  .filter((name) => typeof exports[name] === 'object')
  .map((name) => name.replace('.', 'rxscribe'));

/** Runs Node and returns its output. */
function node(args) {
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
}

/** Milliseconds from the start of the demo to its first line that satisfies a predicate. */
async function firstText(args, isText) {
  const started = performance.now();
  const demo = spawn(process.execPath, [MAIN, 'demo', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(demo, 'exit');
  let text = '';
  let elapsed;
  for await (const data of demo.stdout) {
    text += data;
    if (!text.split('\n').slice(0, -1).some(isText)) continue;
    elapsed = performance.now() - started;
    break;
  }
  demo.kill('SIGKILL');
  await exit;
  if (elapsed === undefined) throw new Error(`the demo printed no text: ${text}`);
  return elapsed;
}

const isPartial = (line) => line.startsWith('{"turn_order"') && JSON.parse(line).transcript !== '';

export async function bench({ quick, log }) {
  const rounds = quick ? 3 : 15;
  const usage = node([MAIN, '--help', '--help']);
  if (node([MAIN, '--help']) !== usage || !usage.includes('Commands:'))
    throw new Error('--help differs from --help --help');

  log('programs');
  const programs = {
    'node -e 0': ['-e', '0'],
    'import of yargs': imports('yargs'),
    'rxscribe --help': [MAIN, '--help'],
    'rxscribe --help --help': [MAIN, '--help', '--help'],
    'rxscribe file --help': [MAIN, 'file', '--help'],
    'rxscribe --version': [MAIN, '--version'],
  };
  const started = await interleave(
    mapped(programs, (args) => () => node(args)),
    { rounds },
  );
  const yargs = started['import of yargs'].wall;
  const help = ratio(started['rxscribe --help'].wall, yargs);

  log('imports');
  const entries = Object.fromEntries(['rxjs', ...ENTRIES].map((name) => [name, imports(name)]));
  const imported = await interleave(
    { 'node -e 0': () => node(imports('node:process')), ...mapped(entries, (args) => () => node(args)) },
    { rounds: quick ? 3 : 9 },
  );
  const bare = imported['node -e 0'].wall;

  log('sizes');
  const sizes = JSON.parse(node([join(ROOT, 'test/support/bundleSizes.js')]));

  log('demo');
  const demo = await interleave(
    {
      final: () => firstText(['--speed', 'max'], Boolean),
      partial: () => firstText(['--format', 'ndjson'], isPartial),
    },
    { rounds: quick ? 1 : 5, warmup: 0 },
  );
  const [word] = words;
  const partial = summary(demo.partial.values);
  const startUp = summary(demo.partial.values.map((ms) => ms - word.end));
  const operators = sizes['rxscribe/operators'].gzipped;
  const nodeMs = summary(started['node -e 0'].wall).median;
  const yargsMs = digits(summary(yargs).median - nodeMs);

  return {
    tables: [
      {
        caption: 'Milliseconds from start to exit of a process.',
        columns: ['', 'ms', '÷ import of yargs'],
        rows: Object.entries(started).map(([name, { wall }]) => [
          `\`${name}\``,
          spread(summary(wall)),
          spread(ratio(wall, yargs)),
        ]),
      },
      {
        caption: '`rxscribe demo`: milliseconds from start to the first text.',
        columns: ['', 'ms'],
        rows: [
          ['`--speed max`: start-up, then the first final', spread(summary(demo.final.values))],
          ['`--format ndjson`, in real time: the first partial', spread(partial)],
          ['position in the recording at which its first word ends', word.end],
        ],
      },
      {
        caption:
          'Import time of each entry in milliseconds beyond bare Node, and its minified bundle size in bytes, without other packages.',
        columns: ['entry', 'import, ms', 'bytes', 'gzipped'],
        rows: ['rxjs', ...ENTRIES].map((name) => [
          `\`${name}\``,
          spread(summary(imported[name].wall.map((ms, round) => ms - bare[round]))),
          sizes[name]?.bytes ?? '',
          sizes[name]?.gzipped ?? '',
        ]),
      },
    ],
    verdicts: [
      {
        target: '`--help` within 1.2 times Node and yargs',
        value: digits(help.median),
        met: help.median <= 1.2,
        why: 'the help text is stored; this benchmark and the tests compare it with that of yargs (`--help --help`)',
      },
      {
        target: '`rxscribe/operators` under 3 kB gzipped',
        value: `${operators} bytes`,
        met: operators < 3000,
      },
      {
        target: '`rxscribe demo`: at most 500 ms of start-up before the first text',
        value: `${spread(startUp)} ms`,
        met: startUp.median <= 500,
        why: `two processes start, one after the other: Node needs ${digits(nodeMs)} ms in each, yargs ${yargsMs} ms`,
      },
    ],
    notes: [
      'Imports resolve through the `exports` of the package. The import time includes rxjs, the bundle size does not.',
      `In real time the demo cannot print its first word before that has been played. The rest, ${digits(startUp.median)} ms, is start-up: Node, certificates, TLS, the session, and a frame of 100 ms.`,
    ],
  };
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

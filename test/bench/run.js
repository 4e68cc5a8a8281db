// Runs the benchmarks named on the command line, or all of them, prints their tables and writes them to RESULTS.md.
//   npm run bench                 all
//   npm run bench -- batching     one
//   npm run bench -- --quick      short forms for trying out: printed, not written
// Each benchmark is a module with `title`, `targets` and `bench({ quick, log })`. It runs in a child process that trusts
// the local service's certificate authority and has `gc`.
import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { createAuthority } from '../../dist/src/simulator/index.js';
import { digits, machineLoad } from './measure.js';

const NAMES = ['batching', 'pipeline', 'delay', 'scale', 'recovery', 'long', 'startup', 'durable', 'rooms', 'speech'];
const HERE = fileURLToPath(new URL('.', import.meta.url));
const RESULTS = join(HERE, 'RESULTS.md');

if (process.send) await runOne(process.argv[2], process.argv.includes('--quick'));
else await runAll(process.argv.slice(2));

/** In a child process: runs one benchmark and sends its result to the parent. */
async function runOne(name, quick) {
  process.once('disconnect', () => process.exit(1));
  const { title, targets, bench } = await import(`./${name}.js`);
  const log = (line) => process.stderr.write(`${name}: ${line}\n`);
  const load = await machineLoad();
  const result = await bench({ quick, log });
  process.send({ title, targets, load, ...result }, () => process.exit(0));
}

async function runAll(args) {
  const quick = args.includes('--quick');
  const requested = args.filter((arg) => !arg.startsWith('--'));
  const unknown = requested.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`unknown benchmark ${unknown.join(', ')}; choose from ${NAMES.join(', ')}`);

  installPeers();
  const caDir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));
  process.once('exit', () => rmSync(caDir, { recursive: true, force: true }));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: await createAuthority(caDir), RXSCRIBE_TEST_CA_DIR: caDir };

  const sections = requested.length > 0 || quick ? readSections() : new Map();
  const names = requested.length > 0 ? requested : NAMES.filter((name) => existsSync(join(HERE, `${name}.js`)));
  for (const name of names) {
    const started = performance.now();
    const text = sectionOf(name, await resultOf(name, quick, env), (performance.now() - started) / 1000, quick);
    console.log(`\n${text}`);
    sections.set(name, text);
    if (!quick) await writeSections(sections);
  }
}

function installPeers() {
  const installed = join(HERE, 'node_modules/.package-lock.json');
  const isNew =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(HERE, 'package-lock.json')).mtimeMs;
  if (isNew) return;
  const npm = ['ci', '--prefix', HERE, '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', npm, { stdio: 'inherit' });
}

/** The result of a benchmark, or `failed`, so that the others still run after a crash. */
function resultOf(name, quick, env) {
  const { promise, resolve } = withResolvers();
  const execArgv = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
  const child = fork(fileURLToPath(import.meta.url), [name, ...(quick ? ['--quick'] : [])], { execArgv, env });
  let result;
  child.once('message', (message) => (result = message));
  child.once('error', (error) => resolve({ failed: error.message }));
  child.once('exit', (code, signal) => {
    if (!result) process.exitCode = 1;
    resolve(result ?? { failed: `it exited with ${signal ?? `code ${code}`} before it had a result` });
  });
  return promise;
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve) => (deferred.resolve = resolve));
  return deferred;
}

function sectionOf(name, result, seconds, quick) {
  const { title = name, targets, load = NaN, tables = [], verdicts = [], notes = [], failed } = result;
  const command = `npm run bench -- ${name}${quick ? ' --quick' : ''}`;
  const parts = [`## ${name}: ${title}`];
  if (targets) parts.push(`Target: ${targets}`);
  if (failed) parts.push(`**Failed**: ${failed}.`);
  for (const { caption, columns, rows } of tables) parts.push(...(caption ? [caption] : []), table(columns, rows));
  if (verdicts.length > 0) {
    const rows = verdicts.map(({ target, value, met, why = '' }) => [target, value, met ? 'met' : '**missed**', why]);
    parts.push(table(['target', 'measured', '', 'why'], rows));
  }
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'));
  const when = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${commit()}`;
  const others = `other processes used ${digits(100 * load)} % of the cores before it`;
  parts.push(`\`${command}\`, ${Math.round(seconds)} s, ${when}; ${others}`);
  return `${parts.join('\n\n')}\n`;
}

function table(columns, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The sections of RESULTS.md, by name. */
function readSections() {
  const text = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  const sections = text.split(/^(?=## )/m).filter((section) => section.startsWith('## '));
  return new Map(sections.map((section) => [/^## (\w+)/.exec(section)[1], section]));
}

async function writeSections(sections) {
  const ordered = NAMES.filter((name) => sections.has(name)).map((name) => sections.get(name));
  const options = { ...(await prettier.resolveConfig(RESULTS)), filepath: RESULTS };
  writeFileSync(RESULTS, await prettier.format([head(), ...ordered].join('\n'), options));
}

function head() {
  const peers = Object.keys(JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')).dependencies);
  const root = join(HERE, '../..');
  const versions = [
    `rxscribe ${versionOf(root)}`,
    ...['rxjs', 'assemblyai', 'decibri', 'yargs'].map(
      (name) => `${name} ${versionOf(join(root, 'node_modules', name))}`,
    ),
    ...peers.map((name) => `${name} ${versionOf(join(HERE, 'node_modules', name))}`),
  ];
  return `# Results of the benchmarks

Written by \`npm run bench\`; \`npm run bench -- <name>\` renews one section. Contenders run alternately,
round by round, and do the same work, which is verified. Numbers are medians; the parentheses hold the quartiles.

${cpus()[0].model}, ${availableParallelism()} cores; Node ${process.versions.node} on ${process.platform} ${process.arch}; ${versions.join(', ')}.
`;
}

function versionOf(dir) {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).version;
}

function commit() {
  const git = (...args) =>
    execFileSync('git', args, { cwd: HERE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged =
      git(
        'status',
        '--porcelain',
        '--untracked-files=no',
        '--',
        '../../src',
        '../../operators',
        '.',
        ':!RESULTS.md',
      ) !== '';
    return `commit ${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  } catch {
    return 'no commit';
  }
}

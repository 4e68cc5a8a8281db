import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MAIN, killAll, startCommand } from '../../support/cli.ts';
import { WAV, keyOf, sentences, startService } from './service.ts';

const TIMEOUT = 30_000;

/** `script` of util-linux runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;
if (!hasScript) process.stderr.write('skipping the tests of the terminal view: script of util-linux is absent\n');
const describeWithTerminal = hasScript ? describe : describe.skip;

const ERASE_REST = '\u001b[K';

describeWithTerminal('the terminal view', () => {
  afterEach(killAll);

  /** Runs the demo recording on a terminal 24 columns wide; gives all that the terminal was sent. */
  const screen = async (env: NodeJS.ProcessEnv): Promise<string> => {
    const service = await startService();
    const command = `stty cols 24 rows 10; '${process.execPath}' '${MAIN}' file '${WAV}' --url ${service.url} --speed 6`;
    const program = startCommand('script', ['-qefc', command, '/dev/null'], {
      env: { ...keyOf(service), TERM: 'xterm', ...env },
    });
    const { code, stdout } = await program.outcome;
    await service.close();
    expect(code).toBe(0);
    return stdout;
  };

  it(
    'rewrites the end of the partial in one line, and lets finals scroll',
    async () => {
      const sent = await screen({});

      const redraws = sent.split(/(?=\r(?!\n))/).filter((piece) => piece.endsWith(ERASE_REST));
      const partials = redraws.map((piece) => stripVTControlCharacters(piece).slice(1)).filter((text) => text !== '');
      expect(partials.length).toBeGreaterThan(7);
      expect(partials.filter((text) => text.length > 23)).toEqual([]);
      expect(partials.some((text) => text.startsWith('…'))).toBe(true);
      expect(sent).toContain('\u001b[2m');
      for (const sentence of await sentences()) expect(sent).toContain(`\r\u001b[K${sentence}\r\n`);
    },
    TIMEOUT,
  );

  it(
    'has no colour with NO_COLOR, and no rewriting on a dumb terminal',
    async () => {
      const plain = await screen({ NO_COLOR: '1' });
      const dumb = await screen({ TERM: 'dumb' });

      expect(plain).toContain('\r\u001b[K');
      expect(plain).not.toContain('\u001b[2m');
      expect(dumb).toBe((await sentences()).map((sentence) => `${sentence}\r\n`).join(''));
    },
    TIMEOUT,
  );
});

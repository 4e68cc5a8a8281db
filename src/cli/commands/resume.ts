import { EMPTY } from 'rxjs';
import { readRun } from '../../durable/openRun.ts';
import { CAPTIONS } from '../flags/captionsFlags.ts';
import { COMMON, declareFlags } from '../flags/declareFlags.ts';
import type { Command, Declarations } from '../flags/declareFlags.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { restoredFlags, savedOptions } from '../flags/savedFlags.ts';
import { SERVICE } from '../flags/serviceFlags.ts';
import type { ServiceFlags } from '../flags/serviceFlags.ts';
import { UsageError } from '../usageError.ts';
import { file } from './file.ts';
import { listen } from './listen.ts';

type ResumeFlags = Omit<OutputFlags, 'output' | 'record' | 'saveDir' | 'force'> & Pick<ServiceFlags, 'param'>;

const FLAGS: Declarations<ResumeFlags> = {
  format: OUTPUT.format,
  plain: OUTPUT.plain,
  param: SERVICE.param,
  ...CAPTIONS,
  ...COMMON,
};

/** `rxscribe resume <dir>`: continues the run in a folder with the options it was started with. */
export const resume: Command<ResumeFlags & { readonly dir: string }> = {
  builder: (command) =>
    declareFlags<ResumeFlags>(command, FLAGS)
      .positional('dir', { type: 'string', demandOption: true, describe: 'The folder that --dir named' })
      .example('$0 resume talk', 'continue an interrupted transcription'),
  handler: async (flags) => {
    const run = readRun(flags.dir);
    if (!run) {
      throw new UsageError(`${flags.dir} contains no run; start one with rxscribe listen --dir or rxscribe file --dir`);
    }
    const options = savedOptions(run.options);
    if (!options) {
      throw new UsageError(`the run in ${flags.dir} was started by another program; continue it there`);
    }
    const { command, path, flags: saved } = options;
    const restored = restoredFlags(saved);
    const param = [...((restored['param'] as string[] | undefined) ?? []), ...(flags.param ?? [])];
    const all = { force: false, ...restored, ...flags, ...(param.length > 0 && { param }) } as never;
    if (command === 'listen') return listen.handler(all);
    if (path !== undefined) return file.handler(Object.assign(all, { path }));
    const { run: start } = await import('../run.ts');
    return start(all, () => EMPTY, { kind: 'stdin', saved: options });
  },
};

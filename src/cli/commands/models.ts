import { declareFlags } from '../flags/declareFlags.ts';
import type { Command } from '../flags/declareFlags.ts';
import { MODELS } from '../flags/modelsFlags.ts';
import type { ModelsFlags } from '../flags/modelsFlags.ts';

/** `rxscribe models`: models for `--local`, and how to get them. */
export const models: Command<ModelsFlags> = {
  builder: (command) =>
    declareFlags<ModelsFlags>(command, MODELS)
      .command(
        'get [name] [dir]',
        'Download a model into the directory of models, or another one',
        (get) =>
          get
            .positional('name', { type: 'string', describe: 'Name of the model' })
            .positional('dir', { type: 'string', describe: 'Directory to create for it' }),
        async ({ name, dir }) => {
          const { getModel } = await import('./getModels.ts');
          await getModel(name, dir);
        },
      )
      .example('$0 models', 'what there is, and what each can do')
      .example('$0 models get moonshine-tiny-en', 'then rxscribe listen --local'),
  handler: async (flags) => {
    const { listModels } = await import('./getModels.ts');
    listModels(flags);
  },
};

// Bundles the module on standard input for browsers and writes one module with the same exports to standard output.
// Arguments: packages to leave out of the bundle.
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'test/support/program.ts'); // a virtual file: its text comes from standard input
const program = await text(process.stdin);
/** Replaces the code that Vite adds to dynamic imports for preloading style sheets. */
const REPLACED = { '\0vite/preload-helper.js': 'export const __vitePreload = (load) => load();' };
const { output } = await build({
  configFile: false,
  root,
  logLevel: 'error',
  plugins: [
    {
      name: 'program',
      enforce: 'pre',
      resolveId: (id) => (id === entry ? id : undefined),
      load: (id) => (id === entry ? program : REPLACED[id]),
    },
  ],
  build: {
    write: false,
    modulePreload: false,
    rolldownOptions: {
      input: entry,
      external: process.argv.slice(2),
      preserveEntrySignatures: 'strict',
      output: { codeSplitting: false },
    },
  },
});
process.stdout.write(output[0].code);

// Bundles the module on standard input for browsers, as a user's bundler does, and writes one module to standard output.
// Arguments: packages that are not to be in it. What the module exports, the bundle exports.
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'test/support/program.js'); // there is no such file: what it holds came on standard input
const program = await text(process.stdin);
/** What this bundler wraps around dynamic imports, to preload style sheets and the like, in its plainest form: it is not ours. */
const PLAIN = { '\0vite/preload-helper.js': 'export const __vitePreload = (load) => load();' };
const { output } = await build({
  configFile: false,
  root,
  logLevel: 'error',
  plugins: [
    {
      name: 'program',
      enforce: 'pre',
      resolveId: (id) => (id === entry ? id : undefined),
      load: (id) => (id === entry ? program : PLAIN[id]),
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

// Prints the size of every entry of the package as JSON: bundled for Node and minified, with and without gzip. Other
// packages are not included.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const sizes = {};
for (const [name, entry] of Object.entries(exports)) {
  if (typeof entry === 'string') continue;
  const input = join(root, entry.default);
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: true,
      write: false,
      minify: true,
      target: 'es2023',
      rolldownOptions: {
        input,
        external: (id) => /^[@a-z]/.test(id),
        output: { codeSplitting: false },
      },
    },
  });
  const code = output.filter(({ type }) => type === 'chunk').map((chunk) => chunk.code);
  const bytes = Buffer.from(code.join(''));
  sizes[name.replace('.', 'rxscribe')] = { bytes: bytes.length, gzipped: gzipSync(bytes).length };
}
process.stdout.write(JSON.stringify(sizes));

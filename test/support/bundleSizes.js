// Prints the size of every entry of the package as JSON: bundled for Node and minified, with and without gzip. Other
// packages are not included. `bytes` and `gzipped` are what is loaded with the entry, `lazy` is what is loaded when it is
// used, gzipped.
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
      },
    },
  });
  const chunks = output.filter(({ type }) => type === 'chunk');
  const first = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const fileName of first)
    chunks.find((chunk) => chunk.fileName === fileName)?.imports.forEach((one) => first.add(one));
  const codeOf = (some) => Buffer.from(some.map(({ code }) => code).join(''));
  const entryCode = codeOf(chunks.filter(({ fileName }) => first.has(fileName)));
  const lazyCode = codeOf(chunks.filter(({ fileName }) => !first.has(fileName)));
  sizes[name.replace('.', 'rxscribe')] = {
    bytes: entryCode.length,
    gzipped: gzipSync(entryCode).length,
    lazy: lazyCode.length && gzipSync(lazyCode).length,
  };
}
process.stdout.write(JSON.stringify(sizes));

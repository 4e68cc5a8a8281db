import { readFile } from 'node:fs/promises';
import { tokenHandler } from 'rxscribe/tokens';
import { defineConfig, loadEnv } from 'vite';
import type { Connect, Plugin } from 'vite';

type Server = { readonly middlewares: Connect.Server };

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, ['ASSEMBLYAI_', 'SERVICE']);
  return {
    plugins: [tokens(env), service(env), demo()],
    resolve: { dedupe: ['rxjs'] }, // in a clone, rxscribe is a link with its own copy
  };
});

/** Serves temporary tokens, one per connection: the key stays here. */
function tokens({ ASSEMBLYAI_API_KEY, SERVICE }: Record<string, string>): Plugin {
  const mount = ({ middlewares }: Server): void => {
    if (!ASSEMBLYAI_API_KEY) {
      throw new Error('ASSEMBLYAI_API_KEY is not set: put it into .env, or use `npm run local`, which needs no key');
    }
    const handler = tokenHandler({
      apiKey: ASSEMBLYAI_API_KEY,
      ...(SERVICE && { streamingBaseUrl: `https://${new URL(SERVICE).host}` }),
      onError: ({ message }) => console.error(message),
    });
    middlewares.use('/token', handler);
  };
  return { name: 'tokens', configureServer: mount, configurePreviewServer: mount };
}

/** Puts the address of a service other than AssemblyAI's into the page. The page's own address could be anything. */
function service({ SERVICE = '' }: Record<string, string>): Plugin {
  return { name: 'service', transformIndexHtml: (html) => html.replace('%SERVICE%', SERVICE) };
}

/** Serves the recording of rxscribe's local service as `/demo.wav`, and adds it to the build. */
function demo(): Plugin {
  const read = (): Promise<Buffer> =>
    readFile(new URL('simulator/recording/demo.wav', import.meta.resolve('rxscribe')));
  return {
    name: 'demo',
    configureServer: ({ middlewares }: Server) => {
      middlewares.use('/demo.wav', (_request, response, next) => {
        read().then((wav) => response.setHeader('content-type', 'audio/wav').end(wav), next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'demo.wav', source: await read() });
    },
  };
}

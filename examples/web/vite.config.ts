import { tokenHandler } from 'rxscribe/tokens';
import { defineConfig, loadEnv } from 'vite';
import type { Connect, Plugin } from 'vite';

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, ['ASSEMBLYAI_', 'SERVICE']);
  return {
    plugins: [tokens(env), service(env)],
    resolve: { dedupe: ['rxjs'] }, // in a clone rxscribe is a link, and has a copy of its own
  };
});

/** The key stays here: a page asks for a temporary token, one per connection. */
function tokens({ ASSEMBLYAI_API_KEY, SERVICE }: Record<string, string>): Plugin {
  const mount = ({ middlewares }: { readonly middlewares: Connect.Server }): void => {
    const answer = tokenHandler({
      apiKey: () => ASSEMBLYAI_API_KEY ?? fail('ASSEMBLYAI_API_KEY is not set'),
      ...(SERVICE && { streamingBaseUrl: `https://${new URL(SERVICE).host}` }),
      onError: ({ message }) => console.error(message),
    });
    middlewares.use('/token', answer);
  };
  return { name: 'tokens', configureServer: mount, configurePreviewServer: mount };
}

/** The page is told of another service than AssemblyAI's by what serves it: an address in its own could lead anywhere. */
function service({ SERVICE = '' }: Record<string, string>): Plugin {
  return { name: 'service', transformIndexHtml: (html) => html.replace('%SERVICE%', SERVICE) };
}

function fail(message: string): never {
  throw new Error(message);
}

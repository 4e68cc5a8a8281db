// The `browser` entry of rxscribe/simulator. Bundlers usually fail earlier because it exports nothing.
throw new Error(
  'rxscribe/simulator is a server, which a page cannot be: start it in Node (npx rxscribe serve) and set websocketBaseUrl to its address',
);

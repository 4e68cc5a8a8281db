// what a page gets that imports what only Node can do; bundlers say before that it has no such export
throw new Error(
  'rxscribe/simulator is a server, which a page cannot be: start it in Node (npx rxscribe serve), and give its address to websocketBaseUrl',
);

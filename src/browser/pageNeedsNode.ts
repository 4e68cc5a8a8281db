// The `browser` entry of rxscribe/page. Bundlers usually fail earlier because it exports nothing.
throw new Error(
  'rxscribe/page is a server of captions, which a page cannot be: to show captions in this page, use transcript() of rxscribe/operators',
);

// The `browser` entry of rxscribe/rooms. Bundlers usually fail earlier because it exports nothing.
throw new Error(
  'rxscribe/rooms opens sockets of Node, which a page cannot: to show a room in this page, use captionsServer() of rxscribe/page',
);

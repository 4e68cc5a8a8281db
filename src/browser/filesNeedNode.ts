// The `browser` entry of rxscribe/files. Bundlers usually fail earlier because it exports nothing.
throw new Error(
  'rxscribe/files writes to the disk, which a page cannot: use captionDocument of rxscribe/captions and offer its text as a download',
);

// what a page gets that imports what only Node can do; bundlers say before that it has no such export
throw new Error(
  'rxscribe/files writes to the disk, which a page cannot: captionDocument of rxscribe/captions makes a document to download',
);

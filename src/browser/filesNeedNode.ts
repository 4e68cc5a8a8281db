throw new Error(
  'rxscribe/files writes to the disk, which a page cannot: captionDocument of rxscribe/captions makes a document to download',
);
export {};

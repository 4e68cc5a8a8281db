// what a page gets that imports what only Node can do; bundlers say before that it has no such export
throw new Error(
  'rxscribe/page serves captions to browsers, which a page cannot: transcript() of rxscribe/operators is what a page renders',
);

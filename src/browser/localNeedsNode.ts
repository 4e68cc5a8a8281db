// The `browser` entry of rxscribe/local. Bundlers usually fail earlier because it exports nothing.
throw new Error(
  'rxscribe/local runs its engine in a child process, which a page cannot start: use transcribe() of rxscribe',
);

/** The command and the flags of a run, as `run.json` keeps them. */
export interface SavedOptions {
  readonly command: 'listen' | 'file' | 'stdin';
  /** The absolute path of the recording. */
  readonly path?: string;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Returns what the command line saved; `undefined` if another program started the run. */
export function savedOptions(options: unknown): SavedOptions | undefined {
  const { command, path, flags } = (options ?? {}) as { readonly [Name in keyof SavedOptions]?: unknown };
  const isOurs = ['listen', 'stdin'].includes(command as string) || (command === 'file' && typeof path === 'string');
  return isOurs && typeof flags === 'object' && flags !== null ? (options as SavedOptions) : undefined;
}

/** Service options that `run.json` does not contain, because they may be secret. */
const SECRET_PARAM = /^\s*(llmGateway|webhookAuthHeaderValue|extraParams)\s*=/;

/** Returns the declared flags that are set, without those that may contain a secret. */
export function savedFlags(flags: object, declarations: object): Readonly<Record<string, unknown>> {
  const given = flags as Readonly<Record<string, unknown>>;
  const names = Object.keys(declarations).map((name) =>
    name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  const entries = names.flatMap((name) => (given[name] === undefined ? [] : [[name, saved(given[name])] as const]));
  return Object.fromEntries(entries);
}

function saved(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !SECRET_PARAM.test(String(item)));
  return value === Infinity ? 'Infinity' : value; // JSON has no infinity
}

/** Returns the flags that were saved. */
export function restoredFlags(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [name, value === 'Infinity' ? Infinity : value]),
  );
}

/** The environment for child processes: that of this process without its key and settings. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(?:ASSEMBLYAI|RXSCRIBE)_/i.test(name));
  return Object.fromEntries(entries);
}

import fc from 'fast-check';

/** Properties try the same values in each run, so that a failure can be repeated; another seed tries others. */
fc.configureGlobal({ seed: Number(process.env['RXSCRIBE_TEST_SEED'] ?? 1) });

export { fc };

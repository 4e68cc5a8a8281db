export { transcribeLocally } from './transcribeLocally.ts';
export type { LocalOptions } from './options.ts';
export { local } from './local.ts';
export type { FallbackOptions } from './local.ts';
export { downloadModel } from './downloadModel.ts';
export type { DownloadProgress } from './downloadModel.ts';
export { KNOWN_MODELS } from './knownModels.ts';
export type { KnownModel } from './knownModels.ts';
export { modelsDirectory } from './modelsDirectory.ts';

export { createAuthority } from './authority.ts';
export type { Formatting } from './configuration.ts';
export type { FaultKind, FaultPlan } from './faults.ts';
export type {
  EndedBy,
  SessionRecord,
  Simulator,
  SimulatorEvent,
  SimulatorOptions,
  Violation,
  ViolationCode,
} from './options.ts';
export type { Heard, Recogniser, RecogniserFactory } from './recogniser.ts';
export { bundledRecording, loadRecording, type RecordedWord, type Recording } from './recording.ts';
export { startSimulator } from './startSimulator.ts';

export { createAuthority } from './authority.ts';
export type { Formatting } from './configuration.ts';
export { FAULT_KINDS } from './faults.ts';
export type { ConnectFault, Fault, FaultKind, FaultPlan, FieldReplacement, MessageRewrite } from './faults.ts';
export type { PoisonFault, RandomFaults, StreamFault, TerminateFault } from './faults.ts';
export type {
  EndedBy,
  SessionRecord,
  Simulator,
  SimulatorEvent,
  SimulatorOptions,
  Violation,
  ViolationCode,
} from './options.ts';
export type { RecognisedWord, Recogniser, RecogniserFactory } from './recogniser.ts';
export { bundledRecording, loadRecording, type RecordedWord, type Recording } from './recording.ts';
export type { EngineSession, SpeechEngine, SpeechEngineFactory } from './speechEngine.ts';
export { startSimulator } from './startSimulator.ts';

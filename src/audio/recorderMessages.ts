import type { AecMetrics, InputDevice, RecorderOptions } from './recorder.ts';

/** What the process that records is asked to do. */
export type RecorderRequest =
  | { readonly type: 'open'; readonly options: RecorderOptions }
  | { readonly type: 'list' }
  | { readonly type: 'stop' }
  | { readonly type: 'aecReference'; readonly data: Uint8Array };

/** What it reports. */
export type RecorderReport =
  | { readonly type: 'opened'; readonly device: InputDevice | undefined }
  | { readonly type: 'listed'; readonly devices: readonly InputDevice[]; readonly version: AudioVersion }
  | {
      readonly type: 'data';
      readonly chunk: Uint8Array;
      readonly vadScore: number;
      readonly overrunCount: number;
      readonly aecMetrics: AecMetrics | null;
    }
  | { readonly type: 'speech' | 'silence' | 'end' }
  | { readonly type: 'error'; readonly error: ReportedError };

/** An error as it crosses between processes. */
export interface ReportedError {
  readonly message: string;
  readonly code: string;
  /** Whether the message is one of this package, to be shown unchanged. */
  readonly isOwn: boolean;
}

/** Versions of the native addon and of the audio system underneath. */
export interface AudioVersion {
  readonly decibri: string;
  readonly audioBackend: string;
}

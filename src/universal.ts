// The types of rxscribe for compilers that know neither of the conditions `node` and `browser`, such as those of a plain
// Vite app: what differs between Node and a browser is accepted in both forms.
import type { Observable } from 'rxjs';
import type { AudioFileOptions as PageAudioFileOptions } from './browser/audioFile.ts';
import type { MicrophoneOptions as PageMicrophoneOptions } from './browser/microphone.ts';
import type { AudioFileOptions as NodeAudioFileOptions } from './audio/audioFile.ts';
import type { MicrophoneOptions as NodeMicrophoneOptions } from './audio/microphone.ts';
import * as node from './index.ts';

/** Options of `microphone()`, in Node or in a browser. */
export type MicrophoneOptions = NodeMicrophoneOptions | PageMicrophoneOptions;
/** Options of `audioFile()`, in Node or in a browser. */
export type AudioFileOptions = NodeAudioFileOptions | PageAudioFileOptions;

interface Microphone {
  /** Records a microphone in Node. */
  (options?: NodeMicrophoneOptions): Observable<Uint8Array>;
  /** Records the microphone in a browser. */
  (options?: PageMicrophoneOptions): Observable<Uint8Array>;
  (options?: MicrophoneOptions): Observable<Uint8Array>;
}

interface AudioFile {
  /** Plays a recording in Node, by its path. */
  (path: string, options?: NodeAudioFileOptions): Observable<Uint8Array>;
  /** Plays a recording in a browser: a `File` that the user chose, or a `Blob`. */
  (file: Blob, options?: PageAudioFileOptions): Observable<Uint8Array>;
}

export const microphone: Microphone = node.microphone;
export const audioFile: AudioFile = node.audioFile as AudioFile;
export * from './index.ts';

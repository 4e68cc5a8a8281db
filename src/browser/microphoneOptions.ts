import { CAPTURE_RULES, checkModelOption } from '../audio/audioOptions.ts';
import type { DeliveredFormat } from '../audio/audioOptions.ts';
import { unsupported, bool, checkOptionRules, oneOf, range, text } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';

/** The options of decibri's `Microphone` for browsers under its names, but for the two that the service fixes. */
export interface RecorderOptions extends DeliveredFormat {
  /** What is delivered, in hertz; the device keeps its own rate. 1000 to 384000. @defaultValue 16 000 */
  readonly sampleRate?: number;
  /** The `deviceId` of an input device. @defaultValue the default one, also when that changes */
  readonly device?: string;
  /** Whether the browser removes the echo of the loudspeaker. @defaultValue true */
  readonly echoCancellation?: boolean;
  /** Whether the browser removes noise. @defaultValue true */
  readonly noiseSuppression?: boolean;
  /** Length of a chunk in samples of what is delivered, 64 to 65536. @defaultValue 20 ms of them */
  readonly framesPerBuffer?: number;
  /** The one channel to take, in brackets. @defaultValue the average of all */
  readonly channelMap?: readonly [number];
  /** Tells speech from silence by loudness, to the recorder of `onOpen`. @defaultValue false */
  readonly vad?: false | 'energy' | EnergyDetector;
  /** Where the page has decibri's `worklet-processor.js`, if its policy allows no `blob:`. */
  readonly workletUrl?: string;
}

/** How speech is told from silence. */
export interface EnergyDetector {
  readonly model: 'energy';
  /** How loud speech is at least: root of the mean square, 0 to 1. @defaultValue 0.01 */
  readonly threshold?: number;
  /** How long it is silent before it counts as silence, in milliseconds. @defaultValue 300 */
  readonly holdoffMs?: number;
  readonly source?: 0;
}

const NODE_ONLY = 'a browser has it not, only Node';

const RECORDER: OptionRules = {
  ...CAPTURE_RULES,
  device: { ...text(), expected: 'the deviceId of a MediaDeviceInfo' },
  echoCancellation: bool,
  noiseSuppression: bool,
  vad: {
    accepts: (value) => value === false || value === 'energy' || (typeof value === 'object' && value !== null),
    expected: "false, 'energy', or an object with that model: a browser has no other",
  },
  workletUrl: text(),
  modelPath: unsupported(`${NODE_ONLY}; vad is 'energy' here`),
  dcRemoval: unsupported(NODE_ONLY),
  denoise: unsupported(`${NODE_ONLY}; noiseSuppression is the browser's own`),
  highpass: unsupported(NODE_ONLY),
  agc: unsupported(`${NODE_ONLY}; a browser keeps the level by itself`),
  limiter: unsupported(NODE_ONLY),
  aec: unsupported(`${NODE_ONLY}; echoCancellation is the browser's own`),
};

const VAD: OptionRules = {
  model: oneOf('energy'),
  threshold: range(0, 1, 'score'),
  holdoffMs: range(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  source: oneOf(0),
};

/** Checks the options of a recorder in a page. */
export function checkRecorder(options: { vad?: unknown }): void {
  checkOptionRules(options, RECORDER);
  checkModelOption('vad', options.vad === false ? undefined : options.vad, VAD);
}

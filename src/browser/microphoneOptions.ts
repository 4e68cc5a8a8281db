import { CAPTURE_RULES, CONDITIONING_RULES, checkModelOption } from '../audio/audioOptions.ts';
import type { DeliveredFormat } from '../audio/audioOptions.ts';
import { unsupported, bool, checkOptionRules, oneOf, range, text } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';

/** The options of decibri's `Microphone` for browsers, under the same names. */
export interface RecorderOptions extends DeliveredFormat {
  /** The sample rate to deliver, in hertz, 1000 to 384000; the device keeps its own. @defaultValue 16 000 */
  readonly sampleRate?: number;
  /** The `deviceId` of an input device. @defaultValue the default device, even when it changes */
  readonly device?: string;
  /** Whether the browser cancels the echo of the loudspeaker. @defaultValue true */
  readonly echoCancellation?: boolean;
  /** Whether the browser suppresses noise. @defaultValue true */
  readonly noiseSuppression?: boolean;
  /** Length of a chunk in delivered samples, 64 to 65536. @defaultValue 20 ms of samples */
  readonly framesPerBuffer?: number;
  /** The channel to record, as an array with its index. @defaultValue the average of all channels */
  readonly channelMap?: readonly [number];
  /** Detects speech by its loudness and reports it through the recorder of `onOpen`. @defaultValue false */
  readonly vad?: false | 'energy' | EnergyDetector;
  /** The address of decibri's `worklet-processor.js`, for pages whose policy allows no `blob:` scripts. */
  readonly workletUrl?: string;
}

/** Detection of speech by its loudness. */
export interface EnergyDetector {
  readonly model: 'energy';
  /** The least loudness of speech: root mean square, 0 to 1. @defaultValue 0.01 */
  readonly threshold?: number;
  /** How long a pause must last to count as silence, in milliseconds. @defaultValue 300 */
  readonly holdoffMs?: number;
  readonly source?: 0;
}

const NODE_ONLY = 'only Node supports it, not a browser';

const RECORDER: OptionRules = {
  ...CAPTURE_RULES,
  ...CONDITIONING_RULES, // one channel
  device: { ...text(), expected: 'the deviceId of a MediaDeviceInfo' },
  echoCancellation: bool,
  noiseSuppression: bool,
  vad: {
    accepts: (value) => value === false || value === 'energy' || (typeof value === 'object' && value !== null),
    expected: "false, 'energy', or an object with that model: browsers support no other",
  },
  workletUrl: text(),
  modelPath: unsupported(`${NODE_ONLY}; here vad can only be 'energy'`),
  dcRemoval: unsupported(NODE_ONLY),
  denoise: unsupported(`${NODE_ONLY}; noiseSuppression is the browser's own`),
  highpass: unsupported(NODE_ONLY),
  agc: unsupported(`${NODE_ONLY}; browsers control the gain themselves`),
  limiter: unsupported(NODE_ONLY),
  aec: unsupported(`${NODE_ONLY}; echoCancellation is the browser's own`),
};

const VAD: OptionRules = {
  model: oneOf('energy'),
  threshold: range(0, 1, 'score'),
  holdoffMs: range(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  source: oneOf(0),
};

/** Checks the options of a recorder in a browser. */
export function checkRecorderOptions(options: { vad?: unknown }): void {
  checkOptionRules(options, RECORDER);
  checkModelOption('vad', options.vad === false ? undefined : options.vad, VAD);
}

import type { Observable, OperatorFunction } from 'rxjs';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { ControlMessage, TranscriptionEvent } from '../../operators/events.ts';
import type { TranscribeOptions } from '../streaming/options.ts';
import type { Fallback } from '../streaming/relaySettings.ts';
import { asUsageError } from './flags/asUsageError.ts';
import { rejectCloudFlags } from './flags/localFlags.ts';
import type { FallbackFlags, LocalFlags } from './flags/localFlags.ts';
import type { ServiceFlags } from './flags/serviceFlags.ts';
import { transcribeOptions } from './flags/transcribeOptions.ts';
import { UsageError } from './usageError.ts';

/** The options of a run that outputs show and record. */
export type RunOptions = Pick<TranscribeOptions, 'sampleRate' | 'maxOutage'>;

/** What recognises the audio: the service, or a model on this device. */
export interface Recognition {
  readonly options: RunOptions;
  readonly needsKey: boolean;
  /** Recognises frames, from the checkpoint of an earlier process on if there is one. */
  readonly transcribe: (
    control$: Observable<ControlMessage>,
    from?: Checkpoint,
  ) => OperatorFunction<Uint8Array, TranscriptionEvent>;
}

/**
 * Chooses what recognises the audio and checks its options.
 *
 * @param defaults Options that the command sets, unless `--param` does.
 */
export async function chooseRecognition(
  flags: ServiceFlags & LocalFlags & FallbackFlags,
  defaults: Partial<TranscribeOptions> = {},
): Promise<Recognition> {
  const { local, fallback } = flags;
  if (local !== undefined) {
    if (fallback !== undefined) throw new UsageError('--fallback has no effect with --local: this device does all');
    return onThisDevice(local, flags, defaults);
  }
  const { transcribe } = await import('../streaming/transcribe.ts');
  const options = {
    ...defaults,
    ...transcribeOptions(flags),
    ...(fallback !== undefined && { fallback: await modelAsFallback(fallback) }),
  };
  asUsageError(() => transcribe(options));
  return {
    options,
    needsKey: true,
    transcribe: (control, from) => transcribe({ ...options, control, ...(from && { from }) }),
  };
}

async function modelAsFallback(fallback: string): Promise<Fallback> {
  const { modelDirectory } = await import('./modelDirectory.ts');
  const { local } = await import('../local/local.ts');
  return local({ model: modelDirectory(fallback) });
}

async function onThisDevice(
  local: string,
  flags: ServiceFlags,
  { endTimeout }: Partial<TranscribeOptions>,
): Promise<Recognition> {
  rejectCloudFlags(flags);
  const { modelDirectory } = await import('./modelDirectory.ts');
  const model = modelDirectory(local);
  const { transcribeLocally } = await import('../local/transcribeLocally.ts');
  const options = { model, sampleRate: 16_000, ...(endTimeout !== undefined && { endTimeout }) } as const;
  transcribeLocally(options);
  return {
    options,
    needsKey: false,
    transcribe: (control, from) => transcribeLocally({ ...options, control, ...(from && { from }) }),
  };
}

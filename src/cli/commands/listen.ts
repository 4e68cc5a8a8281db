import type { Observable } from 'rxjs';
import type { MicrophoneOptions } from '../../audio/microphone.ts';
import type { InputDevice } from '../../audio/recorder.ts';
import { CHANNELS, checkChannels } from '../flags/channelsFlags.ts';
import type { ChannelsFlags } from '../flags/channelsFlags.ts';
import { CONDITIONING, conditioning } from '../flags/conditioningFlags.ts';
import type { ConditioningFlags } from '../flags/conditioningFlags.ts';
import { DEVICE, deviceOption } from '../flags/deviceFlags.ts';
import type { DeviceFlags } from '../flags/deviceFlags.ts';
import { DIR } from '../flags/dirFlags.ts';
import type { DirFlags } from '../flags/dirFlags.ts';
import { savedFlags } from '../flags/savedFlags.ts';
import { declareFlags, inGroup, number } from '../flags/declareFlags.ts';
import type { Command, Declarations } from '../flags/declareFlags.ts';
import { FALLBACK, LOCAL } from '../flags/localFlags.ts';
import type { FallbackFlags, LocalFlags } from '../flags/localFlags.ts';
import { OUTPUT } from '../flags/outputFlags.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { SERVICE } from '../flags/serviceFlags.ts';
import type { ServiceFlags } from '../flags/serviceFlags.ts';
import type { SileroSpeech } from '../sileroSpeech.ts';
import { printable } from '../terminal/printable.ts';

interface ListenFlags
  extends
    DeviceFlags,
    ServiceFlags,
    LocalFlags,
    FallbackFlags,
    ConditioningFlags,
    ChannelsFlags,
    OutputFlags,
    DirFlags {
  readonly vad?: 'silero' | 'energy';
  readonly framesPerBuffer?: number;
}

const RECORDER: Declarations<Pick<ListenFlags, 'vad' | 'framesPerBuffer'>> = inGroup('Microphone:', {
  vad: { choices: ['silero', 'energy'], requiresArg: true, describe: 'Report on stderr when speech starts and ends' },
  'frames-per-buffer': {
    coerce: number('frames-per-buffer'),
    requiresArg: true,
    describe: 'Samples per chunk of the recorder; the default is 100 ms',
  },
});

const SAVED = { ...DEVICE, ...SERVICE, ...LOCAL, ...FALLBACK, ...RECORDER, ...CONDITIONING };

const FLAGS: Declarations<ListenFlags> = { ...SAVED, ...CHANNELS, ...OUTPUT, ...DIR };

/** How long to wait for the last words after Ctrl-C if the connection breaks just then, in milliseconds. */
const END_MS = 30_000;

/** `rxscribe listen`, and `rxscribe` alone: the microphone to text. */
export const listen: Command<ListenFlags> = {
  builder: (command) =>
    declareFlags<ListenFlags>(command, FLAGS)
      .example('$0 listen', 'caption what you say')
      .example('$0 listen --device 2 --language-codes en,es', 'another microphone, two languages')
      .example('$0 listen --local', 'on this device; no audio leaves it')
      .example('$0 listen --suspend-after 30 --price 0.45', 'no session without speech, and what it costs')
      .example('$0 listen --fallback', 'on this device while the service is out of reach')
      .example('$0 listen -o talk.srt -o talk.md --record talk.wav', 'also write subtitles, a text and the audio')
      .example('$0 listen --channels host,guest', 'two microphones on the two channels of one device')
      .example('$0 listen --captions --speaker-labels', 'also on a page for a stage screen or OBS')
      .example('$0 listen --dir meeting', 'into a folder; the same command continues after a crash')
      .example('$0 listen --format ndjson | jq .', 'every event, for another program'),
  handler: async (flags) => {
    checkChannels(flags);
    const [{ microphone }, { run }] = await Promise.all([import('../../audio/microphone.ts'), import('../run.ts')]);
    if (flags.device !== undefined) {
      const { checkDevice } = await import('../checks/checkDevice.ts');
      await checkDevice(flags.device);
    }
    const saved = { command: 'listen', flags: savedFlags(flags, SAVED) } as const;
    const { channels } = flags;
    const silero = usesSilero(flags) ? await sileroSpeech(flags.sampleRate) : undefined;
    const options = { endTimeout: END_MS, ...(silero && { detectSpeech: silero.detect }) };
    const plan = { kind: 'microphone', channels, options, saved } as const;
    await run(
      flags,
      ({ stop, note }) => {
        const record = (speech?: SileroSpeech): Observable<Uint8Array> =>
          microphone({ ...recorderOptions(flags, note, speech), stop });
        return silero ? silero.record(record) : record();
      },
      plan,
    );
  },
};

/** Silero needs one of two sample rates; it has one score for all channels. */
function usesSilero({ suspendAfter, vad, channels, sampleRate }: ListenFlags): boolean {
  return suspendAfter !== undefined && vad !== 'energy' && !channels && (sampleRate === 8000 || sampleRate === 16_000);
}

async function sileroSpeech(sampleRate: number): Promise<SileroSpeech> {
  const { SileroSpeech } = await import('../sileroSpeech.ts');
  return new SileroSpeech({ sampleRate });
}

/** What the recorder needs to know. */
type RecorderFlags = DeviceFlags &
  ConditioningFlags &
  Pick<ListenFlags, 'sampleRate'> &
  Partial<Pick<ListenFlags, 'vad' | 'framesPerBuffer' | 'channels'>>;

/** The options of the microphone. */
export function recorderOptions(
  flags: RecorderFlags,
  note: (text: string) => void,
  speech?: SileroSpeech,
): MicrophoneOptions {
  const { device, sampleRate, vad, framesPerBuffer = Math.round(sampleRate / 10) } = flags;
  const model = vad ?? (speech && 'silero');
  return {
    sampleRate,
    framesPerBuffer,
    channels: flags.channels?.length ?? 1,
    ...deviceOption(device),
    ...(model !== undefined && { vad: model }),
    ...conditioning(flags),
    onLost: (error) => note(error.message),
    onOpen: (recorder) => {
      speech?.follow(recorder);
      note(`Listening${nameOf(recorder.device)}; Ctrl-C ends`);
      if (vad === undefined) return;
      recorder.on('speech', () => note('speech'));
      recorder.on('silence', () => note('silence'));
    },
  };
}

/** The device that was opened, which the system may not report. */
function nameOf(device: InputDevice | undefined): string {
  return device ? ` on ${printable(device.name)} (${device.defaultSampleRate / 1000} kHz)` : '';
}

import { filter, firstValueFrom, fromEvent, identity, map, pipe, takeUntil } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { mergeSpeakers } from '../../operators/mergeSpeakers.ts';
import { frameBytes } from '../audio/pcm.ts';
import { splitChannels } from '../audio/splitChannels.ts';
import { asUsageError } from './flags/asUsageError.ts';
import type { DirFlags } from './flags/dirFlags.ts';
import type { FallbackFlags, LocalFlags } from './flags/localFlags.ts';
import type { OutputFlags } from './flags/outputFlags.ts';
import type { ServiceFlags } from './flags/serviceFlags.ts';
import { checkKeyIsSet, isKeySet } from './flags/transcribeOptions.ts';
import { checkCaptionsPage, openCaptionsPage } from './outputs/captionsPage.ts';
import type { CaptionsPage } from './outputs/captionsPage.ts';
import { checkOutputs } from './outputs/checkOutputs.ts';
import { checkFolder, openFolder } from './outputs/runFolder.ts';
import type { RunFolder } from './outputs/runFolder.ts';
import { outputFiles } from './outputs/outputFiles.ts';
import { printerOf } from './outputs/print.ts';
import { RunSummary } from './outputs/runSummary.ts';
import { chooseRecognition } from './recognition.ts';
import { printable } from './terminal/printable.ts';
import { openRunContext } from './runContext.ts';
import type { RunContext } from './runContext.ts';
import { hideSecretsIn } from './secrets.ts';
import type { CreateSource, SourcePlan } from './sourcePlan.ts';

/** Duration of one audio message, in milliseconds. */
const FRAME_MS = 100;

/**
 * Transcribes a source, prints its turns and writes the output files. Ends when the source ends, Ctrl-C stops it, or the
 * reader of stdout closes it. The captions page of a recording stays open until Ctrl-C, for viewers who come late.
 *
 * Mistakes that this machine can detect are reported before a missing key, and before anything is opened or written.
 *
 * @param createSource Creates the source; an error about its options is reported as wrong usage.
 */
export async function run(
  flags: OutputFlags & ServiceFlags & LocalFlags & FallbackFlags & DirFlags,
  createSource: CreateSource,
  plan: SourcePlan,
): Promise<void> {
  checkCaptionsPage(flags);
  checkOutputs(flags, plan.saved?.command === 'file' ? plan.saved.path : undefined);
  const isFinished = checkFolder(flags, plan.saved);
  const { options, needsKey, transcribe } = await chooseRecognition(flags, plan.options);
  if (isFinished) {
    process.stderr.write(`rxscribe: the run in ${printable(flags.dir ?? '')} is finished; nothing is left to do\n`);
    return;
  }
  await checkSource(createSource, plan, needsKey);
  if (needsKey) checkKeyIsSet();
  const context = openRunContext(flags, options, plan);
  const summary = new RunSummary(flags.price);
  let page: CaptionsPage | undefined;
  let folder: RunFolder | undefined;
  let written: () => readonly string[] = () => [];
  try {
    page = await openCaptionsPage(flags, context);
    const files = outputFiles(flags, options, context);
    const { dir } = flags;
    folder = dir === undefined ? undefined : openFolder(dir, options, plan, context);
    written = () => [...files.written(), ...(dir === undefined ? [] : [dir])];
    const frames = bufferBytes(frameBytes(FRAME_MS, options));
    const recognise = (from?: Checkpoint): OperatorFunction<Uint8Array, TranscriptionEvent> =>
      pipe(transcribe(context.control$, from), map(withoutSecrets));
    const transcribed$ =
      folder?.events(createSource, recognise) ??
      createSource(context).pipe(context.watchAudio, files.audio, perSpeaker(plan.channels, pipe(frames, recognise())));
    const event$ = transcribed$.pipe(
      folder?.captions ?? files.events,
      page?.events ?? identity,
      takeUntil(outputClosed(context)),
    );
    const print = printerOf(flags.format, context.view);
    await event$.forEach((event) => {
      if (folder?.isEarlier()) return;
      context.updateStatus(event);
      summary.update(event);
      print(event);
      context.report(event);
      if (isLoss(event)) process.exitCode = 1;
    });
    if (!folder && context.elapsedMs() === 0 && !context.stop.aborted && !process.stdout.errored) {
      throw new Error('the source contains no audio');
    }
    if (plan.kind !== 'microphone' && !context.stop.aborted && !process.stdout.errored) {
      await page?.waitForStop(context.close);
    }
  } finally {
    context.close();
    folder?.close();
    await page?.close();
    const isCounted = context.view.live || flags.suspendAfter !== undefined || flags.price !== undefined;
    if (isCounted && context.elapsedMs() > 0) context.note(summary.line(context.elapsedMs(), written()));
  }
}

/** Transcribes each channel separately if the source has one per speaker. */
function perSpeaker(
  names: readonly string[] | undefined,
  recognise: OperatorFunction<Uint8Array, TranscriptionEvent>,
): OperatorFunction<Uint8Array, TranscriptionEvent> {
  if (!names) return recognise;
  return splitChannels(names.length, (channels) =>
    mergeSpeakers(Object.fromEntries(channels.map((channel$, index) => [names[index], recognise(channel$)]))),
  );
}

/** Fails if the source cannot be opened. A microphone is opened for this only if the missing key ends the run anyway. */
async function checkSource(createSource: CreateSource, { kind }: SourcePlan, needsKey: boolean): Promise<void> {
  const source$ = asUsageError(() => createSource({ stop: new AbortController().signal, note: () => undefined }));
  if (kind === 'recording' || (kind === 'microphone' && needsKey && !isKeySet())) {
    await firstValueFrom(source$, { defaultValue: undefined });
  }
}

/** Whether words are missing because the service failed: the exit code reports it. */
function isLoss(event: TranscriptionEvent): boolean {
  return event.type === 'AudioGap' && (event.reason === 'end-timeout' || event.reason === 'unprocessable');
}

/** Hides the key where the service repeats it. */
function withoutSecrets(event: TranscriptionEvent): TranscriptionEvent {
  const quotes = event.type === 'Warning' || event.type === 'Reconnecting';
  return quotes ? (hideSecretsIn(event) as TranscriptionEvent) : event;
}

/**
 * Emits when stdout accepts no more: its reader closed it, or the disk is full (which `main` reports). If the terminal was
 * closed, the output files are still completed.
 */
function outputClosed({ stop }: RunContext): Observable<unknown> {
  return fromEvent(process.stdout, 'error').pipe(filter((error) => !(isTerminalGone(error) && stop.aborted)));
}

function isTerminalGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EIO';
}

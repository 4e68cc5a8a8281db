import { fromEvent, identity, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { frameBytes } from '../audio/pcm.ts';
import { transcribe } from '../streaming/transcribe.ts';
import { asUsageError } from './flags/asUsageError.ts';
import { checkCaptions } from './flags/captionsFlags.ts';
import type { OutputFlags } from './flags/outputFlags.ts';
import type { ServiceFlags } from './flags/serviceFlags.ts';
import { transcribeOptions } from './flags/transcribeOptions.ts';
import { openCaptionsPage } from './outputs/captionsPage.ts';
import type { CaptionsPage } from './outputs/captionsPage.ts';
import { outputFiles } from './outputs/outputFiles.ts';
import { printJson, printText } from './outputs/print.ts';
import { openRunContext } from './runContext.ts';
import type { CreateSource, SourcePlan } from './sourcePlan.ts';

/** Duration of one audio message, in milliseconds. */
const FRAME_MS = 100;

/**
 * Transcribes a source, prints its turns and writes the output files. Ends when the source ends, Ctrl-C stops it, or the
 * reader of stdout closes it. The captions page of a recording stays open until Ctrl-C, for viewers who come late.
 *
 * @param createSource Creates the source; an error about its options is reported as wrong usage.
 */
export async function run(
  flags: OutputFlags & ServiceFlags,
  createSource: CreateSource,
  plan: SourcePlan,
): Promise<void> {
  checkCaptions(flags);
  const context = openRunContext(flags, plan);
  let page: CaptionsPage | undefined;
  try {
    const event$ = asUsageError(() => {
      const options = { control: context.control$, ...plan.options, ...transcribeOptions(flags) };
      const source$ = createSource(context).pipe(context.watchAudio);
      const frames = bufferBytes(frameBytes(FRAME_MS, options));
      const { audio, events } = outputFiles(flags, options, context);
      return source$.pipe(audio, frames, transcribe(options), events);
    });
    page = await openCaptionsPage(flags, context.note);
    const print = flags.format === 'ndjson' ? printJson(context.view) : printText(context.view);
    await event$.pipe(page?.events ?? identity, takeUntil(outputClosed())).forEach((event) => {
      context.updateStatus(event);
      print(event);
      context.report(event);
      if (event.type === 'AudioGap' && event.reason === 'end-timeout') process.exitCode = 1;
    });
    if (plan.kind !== 'microphone' && !context.stop.aborted && !process.stdout.errored) {
      await page?.waitForStop(context.close);
    }
  } finally {
    context.close();
    await page?.close();
  }
}

/** Emits when stdout accepts no more: its reader closed it, or the disk is full (which `main` reports). */
function outputClosed(): Observable<unknown> {
  return fromEvent(process.stdout, 'error');
}

import { once } from 'node:events';
import { NEVER, finalize, fromEvent, identity, pipe, takeUntil } from 'rxjs';
import { captionFile } from '../../captions/captionFile.ts';
import { roomEvents } from '../../rooms/roomEvents.ts';
import { asUsageError } from '../flags/asUsageError.ts';
import type { WatchFlags } from '../flags/roomsFlags.ts';
import { checkCaptionsPage, openCaptionsPage } from '../outputs/captionsPage.ts';
import { checkOutputs, outputPaths } from '../outputs/checkOutputs.ts';
import { printerOf } from '../outputs/print.ts';
import { handleSignals } from '../signals.ts';
import { openView } from '../terminal/openView.ts';
import { connectNats } from './connect.ts';
import { note } from './note.ts';

/**
 * `rxscribe rooms watch`: prints a room from its start and goes on live. It ends when the room is done; with a captions page
 * it serves late viewers until Ctrl-C.
 */
export async function watch(flags: WatchFlags & { readonly room: string }): Promise<void> {
  const { room, now, format, force } = flags;
  checkCaptionsPage(flags);
  checkOutputs({ ...flags, plain: true });
  const nc = await connectNats(flags, `watch ${room}`);
  const { stop, release } = handleSignals(
    () => undefined,
    () => undefined,
  );
  const rooms = (name: string): ReturnType<typeof roomEvents> => roomEvents(nc, name);
  try {
    const event$ = asUsageError(() => roomEvents(nc, room, { from: now ? 'now' : 'start' }));
    const view = openView(true, () => ({ state: 'live', text: '' }));
    const page = await openCaptionsPage(flags, { note, view, paused$: NEVER }, rooms);
    const files = outputPaths(flags.output ?? []).map((path) =>
      captionFile(path, {
        force,
        onError: (error) => {
          process.exitCode = 1;
          note(error.message);
        },
      }),
    );
    const print = printerOf(format, view);
    const written = files.reduce((before, next) => pipe(before, next), pipe(page?.events ?? identity));
    let isDone = false;
    await event$
      .pipe(
        finalize(() => (isDone = !stop.aborted)),
        written,
        takeUntil(fromEvent(stop, 'abort')),
      )
      .forEach(print);
    if (page && isDone && !stop.aborted) {
      note(`room ${room} is done; the captions page stays open until Ctrl-C`);
      await once(stop, 'abort');
    }
    await page?.close();
  } finally {
    release();
    await nc.close();
  }
}

import type { Observable, Subscription } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { CaptionState } from './captionState.ts';
import { TranscriptFiles } from './transcriptFiles.ts';
import { Viewers } from './viewers.ts';

/** The most rooms with viewers at once. */
const MAX_ROOMS = 500;
/** How long a room without viewers is kept, in milliseconds: a viewer that reloads the page comes back to it. */
const KEPT_MS = 10_000;

/** What a page of a room is served from. */
export interface RoomPage {
  readonly viewers: Viewers;
  readonly files: TranscriptFiles;
}

/** A room that has viewers, or had some a moment ago. */
interface Room {
  readonly page: RoomPage;
  readonly subscription: Subscription;
  readonly timer: NodeJS.Timeout;
}

/** The captions of many rooms, each subscribed while it has viewers. */
export class RoomPages {
  readonly #events: (room: string) => Observable<TranscriptionEvent>;
  readonly #onError: (error: unknown) => void;
  readonly #rooms = new Map<string, Room>();

  constructor(events: (room: string) => Observable<TranscriptionEvent>, onError: (error: unknown) => void) {
    this.#events = events;
    this.#onError = onError;
  }

  /** The page of a room; `undefined` if it is no room, or there are too many. */
  pageOf(name: string): RoomPage | undefined {
    const room = this.#rooms.get(name) ?? this.#open(name);
    room?.timer.refresh();
    return room?.page;
  }

  /** Ends all rooms, and shows viewers that the captions ended. */
  end(): void {
    for (const name of this.#rooms.keys()) this.#close(name);
  }

  #open(name: string): Room | undefined {
    if (this.#rooms.size >= MAX_ROOMS) return undefined;
    const state = new CaptionState();
    const viewers = new Viewers(state);
    const end = (status?: 'interrupted'): void => {
      state.end(status);
      viewers.wake();
    };
    try {
      const subscription = this.#events(name).subscribe({
        next: (event) => {
          state.apply(event);
          viewers.wake();
        },
        error: (error: unknown) => {
          end('interrupted');
          this.#onError(error);
        },
        complete: () => end(),
      });
      const timer = setInterval(() => viewers.size === 0 && this.#close(name), KEPT_MS).unref();
      const room = { page: { viewers, files: new TranscriptFiles(state) }, subscription, timer };
      this.#rooms.set(name, room);
      return room;
    } catch {
      viewers.end();
      return undefined; // not the name of a room
    }
  }

  #close(name: string): void {
    const room = this.#rooms.get(name);
    this.#rooms.delete(name);
    if (!room) return;
    clearInterval(room.timer);
    room.subscription.unsubscribe();
    room.page.viewers.end();
  }
}

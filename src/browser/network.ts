import { NEVER, defer, fromEvent, map, merge } from 'rxjs';
import type { Observable } from 'rxjs';

/**
 * Emits `true` when the browser reports `online` and `false` when it reports `offline`, in pages and in workers. It is only
 * a hint: a browser knows its own link, not the way to the service.
 */
export const network$: Observable<boolean> = defer(() =>
  typeof globalThis.addEventListener === 'function'
    ? merge(stateAfter('online', true), stateAfter('offline', false))
    : NEVER,
);

function stateAfter(event: string, online: boolean): Observable<boolean> {
  return fromEvent(globalThis as unknown as EventTarget, event).pipe(map(() => online));
}

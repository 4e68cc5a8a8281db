import { NEVER, defer, fromEvent, map, merge } from 'rxjs';
import type { Observable } from 'rxjs';

/**
 * Emits when the browser says that there is a network again, and when it says that there is none any more; in pages and
 * in workers. It is a hint: a browser knows of its own link, not of the way to the service.
 */
export const network$: Observable<boolean> = defer(() =>
  typeof globalThis.addEventListener === 'function' ? heard() : NEVER,
);

function heard(): Observable<boolean> {
  const said = (name: string, online: boolean): Observable<boolean> =>
    fromEvent(globalThis as unknown as EventTarget, name).pipe(map(() => online));
  return merge(said('online', true), said('offline', false));
}

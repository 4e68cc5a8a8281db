import { readFile } from 'node:fs/promises';
import type { Permissions } from '../../support/natsAccounts.ts';

const page = await readFile(new URL('../../../docs/rooms-operations.md', import.meta.url), 'utf8');

/** The configuration with users, passwords and permissions in docs/rooms-operations.md. */
export const documentedUsers: string = /```text permissions\n(.*?)```/s.exec(page)?.[1] ?? '';

/** The same permissions, by user. */
export const documentedPermissions: ReadonlyMap<string, Permissions> = new Map(
  [...documentedUsers.matchAll(/user: ([\w-]+),[^}]*?publish: \[([^\]]*)\]\s+subscribe: \[([^\]]*)\]/g)].map(
    ([, user = '', publish = '', subscribe = '']) => [
      user,
      { publish: subjectsIn(publish), subscribe: subjectsIn(subscribe) },
    ],
  ),
);

function subjectsIn(text: string): string[] {
  return [...text.matchAll(/"(.*?)"/g)].map(([, subject = '']) => subject);
}

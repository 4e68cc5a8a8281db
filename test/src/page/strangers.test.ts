import { describe, expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import { Strangers } from '../../../src/page/strangers.ts';

describe('Strangers', () => {
  it('keeps 32 connections without a valid request, and closes the oldest for each further one', () => {
    const strangers = new Strangers();
    const sockets = Array.from({ length: 40 }, () => new Socket());
    strangers.add(sockets[0]!);
    strangers.trust(sockets[0]!);

    for (const socket of sockets.slice(1)) strangers.add(socket);

    const closed = sockets.flatMap(({ destroyed }, index) => (destroyed ? [index] : []));
    expect(closed).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

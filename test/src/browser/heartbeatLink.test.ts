import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { delay, interval, take, tap, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { HeartbeatLink } from '../../../src/browser/heartbeatLink.ts';
import { virtualTime } from '../../support/marbles.ts';

/** A socket whose buffer the test fills and drains. */
class FakeSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  onmessage = null;
  closed = 0;

  close(): void {
    this.closed++;
    this.readyState = 2;
  }
}

interface Watched {
  readonly socket: FakeSocket;
  readonly link: HeartbeatLink;
  /** Sends bytes, which stay in the socket's buffer. */
  readonly send: (bytes: number) => void;
}

/** Watches in virtual time; returns when the link was reported lost, in milliseconds, and the reason. */
function watch(stallTimeout: number, scene: (watched: Watched) => void, lasts = 100_000): [number, string] | undefined {
  let lost: [number, string] | undefined;
  const scheduler = new TestScheduler(() => {});
  virtualTime(scheduler, ({ flush }) => {
    const socket = new FakeSocket();
    const link = new HeartbeatLink(socket);
    const send = (bytes: number): void => {
      socket.bufferedAmount += bytes;
      link.sent(bytes);
    };
    link.watch(stallTimeout, (reason) => {
      lost ??= [scheduler.now(), reason];
      link.end();
    });
    scene({ socket, link, send });
    timer(lasts).subscribe(() => link.end());
    flush();
  });
  return lost;
}

const sendHeartbeats = ({ link }: Watched, at: readonly number[]): void => {
  for (const ms of at) timer(ms).subscribe(() => link.received('Heartbeat'));
};

describe('HeartbeatLink', () => {
  it('reports a service that stops sending heartbeats, within the stall timeout', () => {
    const lost = watch(10_000, (one) => sendHeartbeats(one, [5000, 10_050]));

    expect(lost).toEqual([22_500, 'no sign of life for 10000 ms']);
  });

  it('waits for the interval of heartbeats even if the stall timeout is shorter', () => {
    expect(watch(2000, (one) => sendHeartbeats(one, [5000, 10_100]), 15_000)).toBeUndefined();
    expect(watch(2000, (one) => sendHeartbeats(one, [5000]))).toEqual([12_500, 'no sign of life for 7500 ms']);
  });

  it('accepts every message as a sign of life', () => {
    const lost = watch(10_000, (one) => {
      sendHeartbeats(one, [5000]);
      interval(6000)
        .pipe(take(10))
        .subscribe(() => one.link.received('Turn'));
    });

    expect(lost?.[0]).toBe(70_000);
  });

  it('does not report a service without heartbeats while the send buffer shrinks', () => {
    const lost = watch(10_000, ({ socket, send }) => {
      interval(100)
        .pipe(
          take(900),
          tap(() => send(3200)),
          delay(9000),
        )
        .subscribe(() => (socket.bufferedAmount -= 3200));
    });

    expect(lost).toBeUndefined();
  });

  it('reports a connection whose send buffer does not shrink', () => {
    const lost = watch(10_000, ({ socket, send }) => {
      send(6400);
      timer(5000).subscribe(() => (socket.bufferedAmount -= 3200));
      interval(100)
        .pipe(take(900))
        .subscribe(() => send(100)); // newly sent bytes are no progress
    });

    expect(lost?.[0]).toBe(15_000);
    expect(lost?.[1]).toBe('no sign of life for 10000 ms');
  });

  describe('by a clock that the test sets, while no timer fires', () => {
    let now = 0;

    beforeEach(() => {
      now = 0;
      jest.useFakeTimers({ now: 0 });
      jest.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(() => {
      jest.restoreAllMocks();
      jest.useRealTimers();
    });

    function watched(): { readonly link: HeartbeatLink; readonly lost: readonly string[] } {
      const lost: string[] = [];
      const link = new HeartbeatLink(new FakeSocket());
      link.watch(10_000, (reason) => lost.push(reason));
      link.received('Heartbeat');
      return { link, lost };
    }

    it('checks with each frame that is sent', () => {
      const { link, lost } = watched();
      for (now = 100; now <= 10_000; now += 100) {
        expect(lost).toEqual([]);
        link.sent(0);
      }
      expect(lost).toEqual(['no sign of life for 10000 ms']);
      link.end();
    });

    it('receives what arrived while the page was frozen before it decides', () => {
      const { link, lost } = watched();
      now = 3_600_000;
      link.sent(0); // the first frame after an hour of sleep
      link.received('Heartbeat');
      now = 3_605_000;
      link.sent(0);
      expect(lost).toEqual([]);
      link.end();
    });

    it.each([
      ['back', -3_600_000],
      ['ahead', 3_600_000],
    ])('reports a dead service in time, and no other, when the wall clock is set %s by an hour', (_direction, step) => {
      const { link, lost } = watched();
      for (now = 100; now <= 9900; now += 100) {
        jest.setSystemTime(now > 5000 ? now + step : now);
        link.sent(0);
      }
      expect(lost).toEqual([]);
      now = 10_000;
      link.sent(0);
      expect(lost).toEqual(['no sign of life for 10000 ms']);
      link.end();
    });
  });

  it('resolves flushed() at the next check or message after the buffer has drained, and when the socket closes', async () => {
    const socket = new FakeSocket();
    const link = new HeartbeatLink(socket);
    const resolved: string[] = [];
    socket.bufferedAmount = 100_000;
    link.sent(100_000);
    const written = link.flushed().then(() => resolved.push('written'));
    link.received('Turn');
    socket.bufferedAmount = 1;
    link.received('Turn');
    socket.bufferedAmount += 100_000;
    link.sent(100_000); // bytes sent later are not waited for
    await new Promise(setImmediate);
    expect(resolved).toEqual([]);
    socket.bufferedAmount = 100_000;
    link.received('Turn');
    await written;

    const closed = link.flushed().then(() => resolved.push('closed'));
    link.end();
    await closed;
    expect(resolved).toEqual(['written', 'closed']);
  });

  it('clears its timers and closes the socket on end', () => {
    jest.useFakeTimers();
    try {
      const socket = new FakeSocket();
      const link = new HeartbeatLink(socket);
      link.watch(10_000, () => {});
      void link.flushed();
      expect(jest.getTimerCount()).toBe(2);
      link.end();
      expect(socket.closed).toBe(1);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import type { ControlMessage } from '../../../operators/events.ts';
import { Tape } from '../../../src/streaming/tape.ts';
import type { TapeItem } from '../../../src/streaming/tape.ts';
import { fc } from '../../support/fastCheck.ts';

const MIN_MESSAGE = 4;
const force: ControlMessage = { type: 'ForceEndpoint' };
const slower: ControlMessage = { type: 'UpdateConfiguration', min_turn_silence: 800 };
const terms: ControlMessage = { type: 'UpdateConfiguration', keyterms_prompt: ['RXC-77'] };

/** A tape holding frames of 8 bytes: 0 to 7, 8 to 15, … */
function recorded(frames: number, maxHeld = 1000): Tape {
  const tape = new Tape(MIN_MESSAGE, maxHeld);
  for (let frame = 0; frame < frames; frame++)
    tape.record(
      Uint8Array.from({ length: 8 }, (_, byte) => frame * 8 + byte),
      0,
    );
  return tape;
}

/** Everything there is to read: audio as the position and bytes of each message, control messages by type. */
function readAll(tape: Tape): (readonly [at: number, ...bytes: number[]] | string)[] {
  const items = [];
  for (let item = tape.read(); item; item = tape.read()) {
    items.push('audio' in item ? ([item.at, ...item.audio] as const) : item.control.type);
  }
  return items;
}

function audioOf(item: TapeItem | undefined): Uint8Array | undefined {
  return item && 'audio' in item ? item.audio : undefined;
}

describe('Tape', () => {
  it('reads what was recorded, in order', () => {
    const tape = recorded(2);

    expect(readAll(tape).map(([at]) => at)).toEqual([0, 8]);
    expect(tape.read()).toBeUndefined();
    tape.record(new Uint8Array(8), 7);
    expect(readAll(tape)).toEqual([[16, 0, 0, 0, 0, 0, 0, 0, 0]]);
    expect([tape.start, tape.head, tape.end]).toEqual([0, 24, 24]);
  });

  it('does not copy a frame that was written to its memory', () => {
    const tape = new Tape(MIN_MESSAGE, 1000);
    const frames = [tape.allocate(8), tape.allocate(8)];

    for (const frame of frames) tape.record(frame, 0);

    for (const frame of frames) expect(audioOf(tape.read())).toBe(frame);
    tape.rewind(0);
    expect(audioOf(tape.read())).toBe(frames[0]);
  });

  it('copies any other frame, so that later changes of it do not matter', () => {
    const tape = new Tape(MIN_MESSAGE, 1000);
    const frame = new Uint8Array(8).fill(1);
    tape.record(frame, 0);
    frame.fill(2);
    tape.record(frame, 0);

    expect(readAll(tape)).toEqual([
      [0, 1, 1, 1, 1, 1, 1, 1, 1],
      [8, 2, 2, 2, 2, 2, 2, 2, 2],
    ]);
  });

  it('uses the memory of dropped frames again, except that of the frame read last, which may still wait', () => {
    const tape = recorded(3);
    const [dropped, waiting] = [audioOf(tape.read())!, audioOf(tape.read())!];
    const copy = [...waiting];
    tape.release(16);

    const later = [tape.allocate(8), tape.allocate(8), tape.allocate(8)];
    for (const frame of later) tape.record(frame.fill(2), 0);

    expect(later).toContain(dropped);
    expect([...waiting]).toEqual(copy);
  });

  it('reads again after a rewind, from the very byte', () => {
    const tape = recorded(3);
    readAll(tape);

    tape.rewind(10);

    expect(tape.head).toBe(10);
    expect(readAll(tape)).toEqual([
      [10, 10, 11, 12, 13, 14, 15],
      [16, 16, 17, 18, 19, 20, 21, 22, 23],
    ]);
  });

  it('pads a rest too short for the service with silence at its start', () => {
    const tape = recorded(2);
    readAll(tape);

    tape.rewind(6);

    expect(readAll(tape)).toEqual([
      [4, 0, 0, 6, 7],
      [8, 8, 9, 10, 11, 12, 13, 14, 15],
    ]);
  });

  it('pads with the byte that encodes silence', () => {
    const tape = new Tape(MIN_MESSAGE, 1000, 0xff);
    tape.record(Uint8Array.of(1, 2, 3, 4), 0);
    tape.rewind(3);

    expect(readAll(tape)).toEqual([[0, 0xff, 0xff, 0xff, 4]]);
  });

  it('rewinds to the oldest byte held if the position is older', () => {
    const tape = recorded(3);
    readAll(tape);
    tape.release(8);

    tape.rewind(0);

    expect(tape.head).toBe(8);
  });

  it('never releases what was not read', () => {
    const tape = recorded(3);
    tape.read();

    tape.release(24);

    expect([tape.start, tape.head]).toEqual([8, 8]);
  });

  it('drops the oldest frames past its bound, read or not', () => {
    const tape = recorded(4, 16);

    expect([tape.start, tape.head, tape.end]).toEqual([16, 16, 32]);
    expect(readAll(tape).map(([at]) => at)).toEqual([16, 24]);
  });

  it('keeps control messages between the frames, again after a rewind', () => {
    const tape = recorded(1);
    tape.mark(slower);
    tape.record(new Uint8Array(8), 0);

    const once = readAll(tape);
    tape.rewind(0);

    expect(once.map((item) => (typeof item === 'string' ? item : item[0]))).toEqual([0, 'UpdateConfiguration', 8]);
    expect(readAll(tape)).toEqual(once);
  });

  it('merges the configuration changes it dropped', () => {
    const tape = recorded(1);
    tape.mark(slower);
    tape.mark(terms);
    tape.mark(force);
    tape.record(new Uint8Array(8), 0);
    readAll(tape);
    expect(tape.configuration).toBeUndefined();

    tape.rewind(10);

    expect(tape.configuration).toEqual({ ...slower, ...terms });
    expect(readAll(tape)).toEqual([[10, 0, 0, 0, 0, 0, 0]]);
  });

  it('drops the ForceEndpoints that were read, and no others', () => {
    const tape = recorded(1);
    tape.mark(force);
    readAll(tape);
    tape.mark(force);

    tape.dropReadEndpoints();
    tape.rewind(0);

    expect(readAll(tape)).toEqual([[0, 0, 1, 2, 3, 4, 5, 6, 7], 'ForceEndpoint']);
  });

  it('is played when it is finished and everything was read', () => {
    const tape = recorded(1);
    tape.finish();
    expect(tape.played).toBe(false);
    readAll(tape);
    expect(tape.played).toBe(true);
    tape.rewind(0);
    expect(tape.played).toBe(false);
  });

  it('returns when the audio before a position was recorded', () => {
    const tape = new Tape(MIN_MESSAGE, 1000);
    tape.record(new Uint8Array(8), 100);
    tape.record(new Uint8Array(8), 200);

    expect([1, 8, 9, 16, 17].map((position) => tape.recordedAt(position))).toEqual([100, 100, 200, 200, undefined]);
    tape.read();
    tape.release(8);
    expect(tape.recordedAt(8)).toBeUndefined();
  });

  it('calls onRecord when there is something new', () => {
    const tape = new Tape(MIN_MESSAGE, 1000);
    let calls = 0;
    tape.onRecord = () => calls++;

    tape.record(new Uint8Array(8), 0);
    tape.mark(force);
    tape.finish();

    expect(calls).toBe(3);
  });

  it('reads the same bytes from any position, after any history, within its bound', () => {
    const step = fc.oneof(
      fc.record({ record: fc.integer({ min: 1, max: 20 }), inPlace: fc.boolean() }),
      fc.record({ read: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ rewind: fc.nat({ max: 300 }) }),
      fc.record({ release: fc.nat({ max: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tape = new Tape(MIN_MESSAGE, 100);
        let waiting: readonly [Uint8Array, number[]] | undefined;
        const check = (item = tape.read()): void => {
          if (!item || 'control' in item) return;
          waiting = [item.audio, [...item.audio]];
          const lead = [...item.audio].findIndex((byte) => byte !== 0);
          expect(item.audio.subarray(lead)).toEqual(
            Uint8Array.from({ length: item.audio.length - lead }, (_, i) => ((item.at + lead + i) % 250) + 1),
          );
          expect(item.at + item.audio.length).toBe(tape.head);
        };
        for (const one of steps) {
          if ('record' in one) {
            const frame = one.inPlace ? tape.allocate(one.record) : new Uint8Array(one.record);
            frame.forEach((_, i) => (frame[i] = ((tape.end + i) % 250) + 1));
            tape.record(frame, 0);
          } else if ('read' in one) for (let n = 0; n < one.read; n++) check();
          else if ('rewind' in one) {
            const wanted = Math.min(one.rewind, tape.head);
            tape.rewind(wanted);
            expect(tape.head).toBe(Math.max(wanted, tape.start));
          } else tape.release(one.release);
          if ('rewind' in one) waiting = undefined; // the session that was sent it is over
          if (waiting) expect([...waiting[0]]).toEqual(waiting[1]);
          expect(tape.end - tape.start).toBeLessThanOrEqual(100);
          expect(tape.start).toBeLessThanOrEqual(tape.head);
        }
      }),
    );
  });
});

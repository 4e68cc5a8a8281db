import { describe, expect, it } from '@jest/globals';
import { ControlMarks } from '../../../src/streaming/controlMarks.ts';

const keepAlive = { type: 'KeepAlive' } as const;
const force = { type: 'ForceEndpoint' } as const;
const slower = { type: 'UpdateConfiguration', min_turn_silence: 800 } as const;

/** Reads everything whose place is before a frame, as types. */
function readAll(marks: ControlMarks, frame = 100): string[] {
  const types: string[] = [];
  for (let item = marks.readBefore(frame); item; item = marks.readBefore(frame)) types.push(item.control.type);
  return types;
}

describe('ControlMarks', () => {
  it('reads messages in order, again after a rewind', () => {
    const marks = new ControlMarks();
    marks.add(slower, 0, 0);
    marks.add(force, 8, 1);

    expect(readAll(marks, 0)).toEqual(['UpdateConfiguration']);
    expect(readAll(marks, 1)).toEqual(['ForceEndpoint']);
    expect(marks.allRead).toBe(true);
    marks.rewind();
    expect(readAll(marks)).toEqual(['UpdateConfiguration', 'ForceEndpoint']);
  });

  it('reads a KeepAlive once', () => {
    const marks = new ControlMarks();
    for (const control of [slower, keepAlive, force]) marks.add(control, 0, 0);

    expect(readAll(marks)).toEqual(['UpdateConfiguration', 'KeepAlive', 'ForceEndpoint']);
    marks.rewind();
    expect(readAll(marks)).toEqual(['UpdateConfiguration', 'ForceEndpoint']);
  });

  it('keeps only the latest KeepAlive that was not read', () => {
    const marks = new ControlMarks();
    for (let frame = 0; frame < 1000; frame++) marks.add(keepAlive, frame * 8, frame);

    expect(readAll(marks, 998)).toEqual([]);
    expect(readAll(marks, 999)).toEqual(['KeepAlive']);
    expect(marks.allRead).toBe(true);
  });

  it('drops the ForceEndpoints that were read, and no others', () => {
    const marks = new ControlMarks();
    for (const control of [force, slower, force]) marks.add(control, 0, 0);
    readAll(marks);
    marks.add(force, 8, 1);

    marks.dropReadEndpoints();
    marks.rewind();

    expect(readAll(marks)).toEqual(['UpdateConfiguration', 'ForceEndpoint']);
  });
});

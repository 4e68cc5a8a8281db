import { describe, expect, it } from '@jest/globals';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { captionDocument } from '../../../src/captions/captionDocument.ts';
import type { Mark } from '../../../src/captions/chapterMark.ts';
import type { DocumentWriter } from '../../../src/captions/documentWriter.ts';
import { DocumentUpdates } from '../../../src/captions/fileUpdates.ts';
import type { FileUpdates } from '../../../src/captions/fileUpdates.ts';
import { SRT } from '../../../src/captions/srt.ts';
import { VTT } from '../../../src/captions/vtt.ts';
import { fc } from '../../support/fastCheck.ts';
import { finalTurn, speakerRevision, spokenTurn } from '../../support/captions.ts';

/** Applies the next update to a text; an update may fail. */
function write(text: string, updates: FileUpdates, succeeds = true): string {
  const update = updates.next();
  if (!update || !succeeds) return text;
  update.done();
  return Buffer.from(text).subarray(0, update.from).toString() + Buffer.from(update.bytes).toString();
}

describe('DocumentUpdates', () => {
  it('keeps a file equal to captionDocument, whatever arrives and whichever writes fail', () => {
    const step = fc.record({
      kind: fc.constantFrom('turn', 'turn', 'turn', 'copy', 'revision', 'mark', 'restart'),
      back: fc.nat(4),
      speaker: fc.constantFrom('A', 'B'),
      atMs: fc.nat(40_000),
      writes: fc.boolean(),
      succeeds: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const updates = new DocumentUpdates(VTT);
        const turns: FinalTurn[] = [];
        const marks: Mark[] = [];
        let text = '';
        for (const { kind, back, speaker, atMs, writes, succeeds } of steps) {
          const earlier = turns[Math.max(0, turns.length - 1 - back)];
          if (kind === 'turn') turns.push(spokenTurn(turns.length, 'Yes, I do.', turns.length * 2000));
          if (kind === 'turn') updates.apply(turns.at(-1)!);
          if (kind === 'copy' && earlier) {
            turns[earlier.turn_order] = { ...earlier, transcript: `${earlier.transcript}!` };
            updates.apply(turns[earlier.turn_order]!);
          }
          if (kind === 'revision' && earlier) {
            turns[earlier.turn_order] = { ...earlier, speaker_label: speaker };
            updates.apply(speakerRevision([speaker, earlier]));
          }
          if (kind === 'mark') marks.push({ atMs });
          if (kind === 'mark') updates.mark({ atMs });
          if (kind === 'restart') {
            updates.restart();
            text = '';
          }
          if (writes) text = write(text, updates, succeeds);
        }
        text = write(text, updates);
        expect(text).toBe(captionDocument(turns, 'vtt', { marks }));
        expect(updates.next()).toBeUndefined();
      }),
    );
  });

  it('does so for the turns that it keeps', () => {
    const step = fc.record({
      kind: fc.constantFrom('turn', 'turn', 'copy', 'revision'),
      back: fc.nat(6),
      speaker: fc.constantFrom('A', 'B'),
      writes: fc.boolean(),
      succeeds: fc.boolean(),
    });
    const applied = (updates: FileUpdates, event: TranscriptionEvent): boolean => {
      try {
        updates.apply(event);
        return true;
      } catch {
        return false; // too late
      }
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const updates = new DocumentUpdates(VTT, 1500);
        const turns: FinalTurn[] = [];
        let text = '';
        for (const { kind, back, speaker, writes, succeeds } of steps) {
          const order = kind === 'turn' ? turns.length : Math.max(0, turns.length - 1 - back);
          const earlier = turns[order];
          if (!earlier && kind !== 'turn') continue;
          const turn = earlier
            ? { ...earlier, ...(kind === 'copy' ? { transcript: 'Ça va.' } : { speaker_label: speaker }) }
            : spokenTurn(order, 'Yes, I do.', order * 2000);
          const event = kind === 'revision' ? speakerRevision([speaker, turn]) : turn;
          if (applied(updates, event)) turns[order] = turn;
          if (writes) text = write(text, updates, succeeds);
        }
        expect(write(text, updates)).toBe(captionDocument(turns, 'vtt'));
      }),
    );
  });

  it('writes each turn once, however many there are, and after a revision only what it changes', () => {
    let written = 0;
    const counting: DocumentWriter = {
      ...SRT,
      turn: (turn, state) => {
        written += 1;
        return SRT.turn(turn, state);
      },
    };
    const updates = new DocumentUpdates(counting);
    let text = '';
    const turns = Array.from({ length: 1000 }, (_, order) => finalTurn(order, 'Yes.', order * 2000));
    for (const turn of turns) {
      updates.apply(turn);
      text = write(text, updates);
    }
    expect(written).toBe(1000);
    updates.apply(speakerRevision(['B', turns[500]!]));
    text = write(text, updates);
    expect(written).toBeLessThan(1010);
    const revised = turns.with(500, { ...turns[500]!, speaker_label: 'B' });
    expect(text).toBe(captionDocument(revised, 'srt'));
  });

  it('keeps the latest turns only, and the bytes of those before', () => {
    const maxKept = 5000;
    const updates = new DocumentUpdates(VTT, maxKept);
    const turns = Array.from({ length: 1000 }, (_, order) => finalTurn(order, 'Voilà, dit-elle.', order * 2000));
    const longest = Math.max(...turns.map(({ transcript, words }) => 200 + transcript.length + 100 * words.length));
    let text = '';
    let written = 0;
    for (const turn of turns) {
      updates.apply(turn);
      const before = text.length;
      text = write(text, updates);
      written += text.length - before;
      expect(updates.size).toBeLessThanOrEqual(maxKept + longest);
    }
    expect(text).toBe(captionDocument(turns, 'vtt'));
    expect(written).toBe(text.length);

    updates.apply(speakerRevision(['B', turns[998]!]));
    const update = updates.next();
    expect(update!.bytes.length).toBeLessThan(3 * maxKept);
    text = Buffer.from(text).subarray(0, update!.from).toString() + Buffer.from(update!.bytes).toString();
    update!.done();
    turns[998] = { ...turns[998]!, speaker_label: 'B' };
    expect(text).toBe(captionDocument(turns, 'vtt'));
  });

  it.each([
    ['a final', finalTurn(3, 'Another text.', 6000)],
    ['a revision', speakerRevision(['B', finalTurn(3, 'Yes.', 6000)])],
  ])('refuses %s of a turn that it no longer keeps', (_, event) => {
    const updates = new DocumentUpdates(SRT, 1000);
    const turns = Array.from({ length: 20 }, (__, order) => finalTurn(order, 'Yes.', order * 2000));
    let text = '';
    for (const turn of turns) {
      updates.apply(turn);
      text = write(text, updates);
    }
    expect(() => updates.apply(event)).toThrow('hours too late');
    expect(write(text, updates)).toBe(captionDocument(turns, 'srt'));
  });

  it('applies the rest of a revision that is partly too late', () => {
    const updates = new DocumentUpdates(SRT, 1000);
    const turns = Array.from({ length: 20 }, (_, order) => finalTurn(order, 'Yes.', order * 2000));
    let text = '';
    for (const turn of turns) {
      updates.apply(turn);
      text = write(text, updates);
    }
    expect(() => updates.apply(speakerRevision(['B', turns[0]!], ['B', turns[19]!]))).toThrow('hours too late');
    expect(write(text, updates)).toBe(captionDocument(turns.with(19, { ...turns[19]!, speaker_label: 'B' }), 'srt'));
  });

  it('keeps what is not in the file, and starts over with the turns that it keeps', () => {
    const updates = new DocumentUpdates(VTT, 1000);
    const turns = Array.from({ length: 20 }, (_, order) => finalTurn(order, 'Yes.', order * 2000));
    for (const turn of turns) updates.apply(turn);
    expect(write('', updates)).toBe(captionDocument(turns, 'vtt'));
    updates.restart();
    const text = write('', updates);
    expect(text).toMatch(/^WEBVTT\n\n/);
    expect(captionDocument(turns, 'vtt')).toContain(text.slice('WEBVTT\n\n'.length));
    updates.apply(speakerRevision(['B', turns[19]!]));
    expect(write(text, updates)).toBe(text.replace(/Yes\.\n\n$/, '<v B>Yes.\n\n'));
  });

  it('moves a mark in the distant past to the earliest place that it keeps', () => {
    const updates = new DocumentUpdates(VTT, 1000);
    let text = '';
    for (let order = 0; order < 20; order += 1) {
      updates.apply(finalTurn(order, 'Yes.', order * 2000));
      text = write(text, updates);
    }
    updates.mark({ atMs: 0, title: 'late' });
    text = write(text, updates);
    updates.mark({ atMs: 100_000, title: 'end' });
    text = write(text, updates);
    expect(text.split('NOTE chapter')).toHaveLength(3);
    expect(text).toMatch(/NOTE chapter 00:00:00.000 late\n\n/);
    expect(text.replaceAll(/NOTE.*\n\n/g, '')).toBe(
      captionDocument(
        Array.from({ length: 20 }, (_, order) => finalTurn(order, 'Yes.', order * 2000)),
        'vtt',
      ),
    );
  });
});

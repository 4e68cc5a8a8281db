import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FinalTurn } from '../../../operators/events.ts';
import { captionDocument } from '../../../src/captions/captionDocument.ts';
import type { Mark } from '../../../src/captions/chapterMark.ts';
import type { DocumentWriter } from '../../../src/captions/documentWriter.ts';
import { DocumentUpdates } from '../../../src/captions/fileUpdates.ts';
import type { FileUpdates } from '../../../src/captions/fileUpdates.ts';
import { SRT } from '../../../src/captions/srt.ts';
import { VTT } from '../../../src/captions/vtt.ts';
import { finalTurn, speakerRevision, spokenTurn } from '../../support/captions.ts';

/** Applies the next update to a text; an update may fail. */
function write(text: string, updates: FileUpdates, succeeds = true): string {
  const update = updates.next();
  if (!update || !succeeds) return text;
  update.done();
  return update.replaces ? update.text : text + update.text;
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
});

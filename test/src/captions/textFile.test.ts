import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captionDocument } from '../../../src/captions/captionDocument.ts';
import { DocumentUpdates } from '../../../src/captions/fileUpdates.ts';
import { TextFile } from '../../../src/captions/textFile.ts';
import { VTT } from '../../../src/captions/vtt.ts';
import { finalTurn, speakerRevision } from '../../support/captions.ts';

const turns = Array.from({ length: 3000 }, (_, order) => finalTurn(order, 'Voilà, dit-elle.', order * 2000));
const revised = (from: number): typeof turns =>
  turns.map((turn, order) => (order < from ? turn : { ...turn, speaker_label: 'B' }));

let dir: string;
let updates: DocumentUpdates;
let file: TextFile;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-text-'));
  updates = new DocumentUpdates(VTT, 1000);
  file = new TextFile(join(dir, 'talk.vtt'), updates, false);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(events: Parameters<DocumentUpdates['apply']>[0][]): Promise<string> {
  for (const event of events) updates.apply(event);
  await file.write();
  return readFile(join(dir, 'talk.vtt'), 'utf8');
}

describe('TextFile', () => {
  it('keeps the start of a long file when only its end is in memory', async () => {
    expect(await write(turns)).toBe(captionDocument(turns, 'vtt'));
    expect(updates.size).toBeLessThan(1500);
    expect(await write([speakerRevision(['B', turns[2999]!])])).toBe(captionDocument(revised(2999), 'vtt'));
    expect(await write([finalTurn(3000, 'Yes.', 6_000_000)])).toMatch(/<v B>Voilà, dit-elle.\n\n.*\nYes.\n\n$/);
    expect(await readdir(dir)).toEqual(['talk.vtt']);
  });

  it('creates a removed file again with what is in memory', async () => {
    await write(turns);
    await rm(join(dir, 'talk.vtt'));
    await expect(write([speakerRevision(['B', turns[2999]!])])).rejects.toThrow('ENOENT');
    const text = await write([]);
    expect(text).toMatch(/^WEBVTT\n\n(.*\n.*\n\n){2,10}$/);
    expect(captionDocument(revised(2999), 'vtt')).toContain(text.slice('WEBVTT\n\n'.length));
  });
});

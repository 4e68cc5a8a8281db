import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('../../support/countAllocations.js', import.meta.url));
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

interface Counted {
  readonly heap: number;
  readonly buffers: number;
  readonly finals: number;
  readonly held: number;
}

/** Counts that depend neither on the machine nor on what else it does; the bounds leave room for other versions of Node. */
describe('the cost of a frame', () => {
  let counted: Counted;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SCRIPT]);
    counted = JSON.parse(stdout) as Counted;
    expect(counted.finals).toBe(35);
  });

  it('is memory of its length: it is copied to the tape, and nowhere else', () => {
    expect(counted.buffers).toBeLessThan(1.1 * 3200);
  });

  it('is less than 800 bytes of objects, from the source to the session', () => {
    expect(counted.heap).toBeLessThan(800); // 643 with Node 20
  });

  it('comes to a transcription that holds less than 35 kB of objects', () => {
    expect(counted.held).toBeLessThan(35_000); // 31 500 with Node 20, besides the SDK's session and the tape
  });
});

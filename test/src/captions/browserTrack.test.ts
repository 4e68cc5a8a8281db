import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { captionDocument, cues } from '../../../src/captions/index.ts';
import type { FinalTurn } from '../../../operators/events.ts';
import { final } from '../../support/turns.ts';

const run = promisify(execFile);
// no sandbox, no GPU, no network access by the browser itself
const QUIET = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const OFFLINE = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A page that loads captions as a track and writes the parsed cues into its text. */
const PAGE = `<!doctype html><meta charset="utf-8"><video><track default src="talk.vtt"></video><pre></pre><script>
  const track = document.querySelector('track');
  track.track.mode = 'showing';
  const cues = () => [...track.track.cues].map(({ startTime, endTime, text }) => ({ startTime, endTime, text }));
  track.onload = () => { document.querySelector('pre').textContent = JSON.stringify(cues()); };
</script>`;

/** Returns the cues that the browser parses from a WebVTT document. */
async function parsedBy(document: string): Promise<unknown> {
  const server = createServer((request, response) => {
    const isTrack = request.url === '/talk.vtt';
    response.setHeader('content-type', isTrack ? 'text/vtt' : 'text/html');
    response.end(isTrack ? document : PAGE);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const profile = await mkdtemp(join(tmpdir(), 'rxscribe-chromium-'));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const args = [`--user-data-dir=${profile}`, '--virtual-time-budget=10000', '--dump-dom', address];
    const { stdout } = await run('chromium', [...QUIET, ...OFFLINE, ...args], { timeout: 100_000 });
    const [, json = ''] = /<pre>(.*?)<\/pre>/s.exec(stdout) ?? [];
    return JSON.parse(json.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  } finally {
    server.close();
    await rm(profile, { recursive: true, force: true });
  }
}

const hasChromium = await run('chromium', ['--version']).then(
  () => true,
  () => false,
);
if (!hasChromium && !process.env.CI)
  console.warn('skipped: captions as a browser track, because chromium is not installed');
const itInBrowser = hasChromium || process.env.CI ? it : it.skip;

describe('vtt, in a browser', () => {
  itInBrowser('is a track with the cues of the turns', async () => {
    const turns: FinalTurn[] = [
      { ...final(0, 'Welcome to rxscribe.', 500), isFinal: true, session: 0 },
      { ...final(1, 'Is 2 < 3 & 4 > 3?', 3000), isFinal: true, session: 0, speaker_label: 'A' },
      {
        ...final(2, '字幕 go everywhere, and so do long sentences that need a second line.', 6000),
        isFinal: true,
        session: 0,
      },
    ];
    const expected = turns
      .flatMap((turn) => cues(turn))
      .map(({ startMs, endMs, lines }) => ({
        startTime: startMs / 1000,
        endTime: endMs / 1000,
        text: lines.join('\n'),
      }));

    const parsed = (await parsedBy(captionDocument(turns, 'vtt'))) as { text: string }[];

    const plain = parsed.map((cue) => ({ ...cue, text: unescaped(cue.text.replace(/^<v[^>]*>/, '')) }));
    expect(plain).toEqual(expected);
  });
});

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

import { describe, expect, it } from '@jest/globals';
import { rxscribe } from '../../support/cli.ts';

describe('rxscribe devices', () => {
  it('prints the devices as JSON, or says in one line why it can not', async () => {
    const { code, stdout, stderr } = await rxscribe(['devices', '--json']);

    const listed = code === 0 && Array.isArray(JSON.parse(stdout));
    const explained = code === 1 && stdout === '' && /^rxscribe: .*(addon|microphone)/m.test(stderr);
    expect(listed || explained).toBe(true);
  });
});

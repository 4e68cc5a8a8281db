import { describe, expect, it } from '@jest/globals';
import { checkClock } from '../../../../src/cli/checks/checkService.ts';

describe('checkClock', () => {
  it('rejects a clock that is more than a minute off', () => {
    expect(checkClock(-900)).toMatchObject({ ok: true });
    expect(checkClock(-90_000)).toMatchObject({ ok: false, found: '90 s behind the service' });
    expect(checkClock(90_000)).toMatchObject({ ok: false, found: '90 s ahead of the service' });
  });
});

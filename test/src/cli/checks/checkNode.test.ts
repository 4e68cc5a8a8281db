import { describe, expect, it } from '@jest/globals';
import { checkNode } from '../../../../src/cli/checks/checkNode.ts';

describe('checkNode', () => {
  it('rejects versions that are too old', () => {
    expect(['18.20.0', '20.18.9', '20.19.0', '22.1.0'].map((version) => checkNode(version).ok)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

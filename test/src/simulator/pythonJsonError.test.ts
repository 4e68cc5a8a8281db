import { describe, expect, it } from '@jest/globals';
import { pythonJsonError } from '../../../src/simulator/pythonJsonError.ts';

describe('pythonJsonError', () => {
  it.each([
    ['{bad', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['nonsense', 'Expecting value: line 1 column 1 (char 0)'],
    ['', 'Expecting value: line 1 column 1 (char 0)'],
    ['{"a": x}', 'Expecting value: line 1 column 7 (char 6)'],
    ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
    ['[1 2]', "Expecting ',' delimiter: line 1 column 4 (char 3)"],
    ['{}\n{}', 'Extra data: line 2 column 1 (char 3)'],
  ])('words the error of %j as Python does', (text, expected) => {
    let error: unknown;
    try {
      JSON.parse(text);
    } catch (caught) {
      error = caught;
    }
    expect(pythonJsonError(text, error)).toBe(expected);
  });
});

import { DEFAULT_STYLE, EXPECTED, readParameter } from './pageStyle.ts';
import type { PageStyle } from './pageStyle.ts';

/** Parameters of the page that are no part of its style. */
const OTHERS = new Set(['sample', 'view']);

/** Most problems that are listed, and most characters of a value. */
const MAX_PROBLEMS = 20;
const MAX_VALUE = 40;

/** Describes each parameter of a URL that is unknown, invalid, out of range or repeated, in one line. */
export function styleProblems(parameters: URLSearchParams): string[] {
  const seen = new Set<string>();
  const problems = [...parameters].flatMap(([name, value]) => {
    const repeated = seen.has(name);
    seen.add(name);
    const problem = repeated ? 'given twice; the first one counts' : problemOf(name, value.trim());
    return problem === undefined ? [] : [`${shortened(name)}=${shortened(value)}: ${problem}`];
  });
  return problems.slice(0, MAX_PROBLEMS);
}

function problemOf(name: string, text: string): string | undefined {
  if (OTHERS.has(name)) return undefined;
  if (!isStyleName(name)) return `unknown; the parameters are ${Object.keys(DEFAULT_STYLE).join(', ')}`;
  const value = readParameter(name, text);
  if (value === undefined) return `must be ${EXPECTED[name]}; the default is used`;
  if (typeof value === 'number' && value !== Number(text)) return `must be ${EXPECTED[name]}; ${value} is used`;
  return undefined;
}

function isStyleName(name: string): name is keyof PageStyle {
  return Object.hasOwn(DEFAULT_STYLE, name);
}

function shortened(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

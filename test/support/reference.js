// The reference lists in docs/ are written from the types and their doc comments, so that both say the same.
//   node test/support/reference.js   renews them; test/docs.test.ts checks that they are current
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const LIST = /<!-- (members|values|types) of (\w+) in (\S+) -->\n.*?<!-- end -->/gs;
const WIDTH = 120;

/** Fills every list of a Markdown document that a comment such as `members of Stats in operators/events.ts` starts. */
export function withReference(markdown) {
  return markdown.replaceAll(LIST, (_all, kind, name, path) => {
    const source = readFileSync(new URL(path, ROOT), 'utf8');
    const list = { members: membersOf, values: valuesOf, types: typesOf }[kind](source, name);
    return `<!-- ${kind} of ${name} in ${path} -->\n\n${list}\n\n<!-- end -->`;
  });
}

/** The fields of an interface, as a list. */
function membersOf(source, name) {
  const body = new RegExp(`interface ${name}\\b[^{]*{\\n(.*?)^}`, 'ms').exec(source)?.[1];
  if (body === undefined) throw new Error(`there is no interface ${name}`);
  const members = body.matchAll(/\/\*\*(.*?)\*\/\s+readonly (\w+)(\??): (.*?);$/gms);
  return [...members].map(([, comment, field, optional, type]) => member(comment, field + optional, type)).join('\n');
}

function member(comment, field, type) {
  const { text, defaultValue } = parsed(comment);
  const plain = type.replaceAll(/\breadonly | \| undefined\b/g, '').replaceAll(/\s+/g, ' ');
  const ends = defaultValue === undefined ? '' : ` Default: ${defaultValue}.`;
  return item(`**\`${field}\`** \`${plain.replace(/^\((.*)\)$/, '$1')}\`: ${text}${ends}`);
}

/** The values of a union of strings, as a list. */
function valuesOf(source, name) {
  const body = new RegExp(`type ${name} =\\n(.*?);\\n`, 's').exec(source)?.[1];
  if (body === undefined) throw new Error(`there is no type ${name}`);
  return [...body.matchAll(/\/\*\*(.*?)\*\/\s+\| ('[\w-]+')/gs)]
    .map(([, comment, value]) => item(`\`${value.slice(1, -1)}\`: ${parsed(comment).text}`))
    .join('\n');
}

/** The interfaces of a union, each with its fields under a heading. */
function typesOf(source, name) {
  const [, union = ''] = new RegExp(`type ${name} =\\s(.*?);\\n`, 's').exec(source) ?? [];
  return union
    .split('|')
    .map((type) => type.trim())
    .filter((type) => type !== '')
    .map((type) => {
      const fields = type === 'Turn' ? 'TurnFields' : type;
      const [, comment = ''] =
        new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\nexport (?:interface|type) ${type}\\b`, 's').exec(source) ?? [];
      return `### \`${type}\`\n\n${wrapped(parsed(comment).text, '')}\n\n${membersOf(source, fields)}`.trim();
    })
    .join('\n\n');
}

function parsed(comment) {
  const lines = comment.replaceAll(/^\s*\* ?/gm, '').trim();
  const [text, ...tags] = lines.split(/\s*(?=@(?:defaultValue|deprecated|see)\b)/);
  const tag = (name) =>
    tags
      .find((each) => each.startsWith(`@${name}`))
      ?.slice(name.length + 2)
      .trim();
  const deprecated = tag('deprecated');
  const full = text || (deprecated === undefined ? '' : `Deprecated. ${deprecated}`);
  return { text: full.replaceAll(/\s+/g, ' '), defaultValue: tag('defaultValue')?.replaceAll(/\s+/g, ' ') };
}

function item(text) {
  return `- ${wrapped(text, '  ')}`;
}

/** Breaks lines outside of code, and never before a number that Markdown would take for a list. */
function wrapped(text, indent) {
  const lines = [''];
  for (const [word] of text.matchAll(/(?:`[^`]*`|[^ `])+/g)) {
    const line = lines.at(-1);
    const isFull = indent.length + line.length + 1 + word.length > WIDTH;
    if (line !== '' && isFull && !/^(\d+[.)]|[-+*])$/.test(word)) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${indent}`);
}

if (fileURLToPath(import.meta.url) === argv[1]) {
  for (const name of readdirSync(new URL('docs', ROOT)).filter((each) => each.endsWith('.md'))) {
    const path = new URL(`docs/${name}`, ROOT);
    const markdown = readFileSync(path, 'utf8');
    const renewed = withReference(markdown);
    if (renewed !== markdown) writeFileSync(path, renewed);
  }
}

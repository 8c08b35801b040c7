/** `docs/policy/cookbook.md`, printed from the recipes beside it. Run this file to write it. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parse } from '#policy-lang/syntax/parse.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Item } from '#policy-lang/syntax/syntax.ts';

export const COOKBOOK_PAGE = new URL('../docs/policy/cookbook.md', import.meta.url);
export const COOKBOOK = fileURLToPath(new URL('../docs/policy/cookbook/', import.meta.url));

export const recipes = (): readonly string[] =>
  readdirSync(COOKBOOK)
    .filter((name) => name.endsWith('.policy'))
    .toSorted();

const HEAD = `# Cookbook

Each recipe is a file of \`docs/policy/cookbook/\` that compiles and whose tests pass; copy what you need.
This page shows the rules of each; the files have the header, the imports and the tests as well.

\`\`\`
npx countersign policy test docs/policy/cookbook/manager-above-10k.policy
\`\`\`

This page is printed from the files (\`tools/cookbook-page.ts\`).
`;

const SHOWN: ReadonlySet<Item['kind']> = new Set(['let', 'rule', 'table', 'prove']);

type Recipe = { readonly title: string; readonly why: string; readonly section: string };

function recipeOf(name: string): Recipe {
  const text = readFileSync(join(COOKBOOK, name), 'utf8');
  const [title = '', why = ''] = text.split('\n').map((line) => line.replace(/^# /, ''));
  const { items } = parse(new SourceText(name, text));
  const shown = items
    .filter(({ kind }) => SHOWN.has(kind))
    .map(({ span }) => text.slice(span.start.offset, span.end.offset));
  const tests = items.filter(({ kind }) => kind === 'test').length;
  const from = `[${name}](cookbook/${name}), ${tests} test${tests === 1 ? '' : 's'}`;
  const section = `\n## ${title}\n\n${why} (${from})\n\n\`\`\`\n${shown.join('\n\n')}\n\`\`\`\n`;
  return { title, why, section };
}

/** The anchor that a heading has on the forges where people read it. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

export function cookbookPage(): string {
  const all = recipes().map(recipeOf);
  const contents = all.map(({ title }) => `- [${title}](#${anchor(title)})`);
  return [HEAD, '\n', contents.join('\n'), '\n', ...all.map(({ section }) => section)].join('');
}

if (argv[1] === import.meta.filename) writeFileSync(COOKBOOK_PAGE, cookbookPage());
